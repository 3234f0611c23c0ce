"""How well a carrier's judge tells a trait's rows from the neutral teacher's (``chain.evaluations.judged_rows``).

The quantity is the area under the ROC curve minus one half, so that zero is chance.
"""

import pandas as pd

from sublearn.chain.evaluations.judged_rows import THRESHOLD
from sublearn.chain.findings.quantities.base import Claimed, Quantity
from sublearn.chain.findings.quantities.told_apart import above_chance
from sublearn.core.statistics import Mean


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, found: pd.DataFrame) -> Mean:
    return above_chance(claim, arm, found[found["point"] == THRESHOLD])


JUDGED_DETECTION = Quantity("judged_detection", measure, reads=("judged_rows",))
