"""How well a carrier's judge tells a trait's rows from the neutral teacher's (``chain.evaluations.judged_rows``).

The quantity is the area under the ROC curve minus one half, so that zero is chance.
"""

import pandas as pd

from sublearn.chain.evaluations.judged_rows import THRESHOLD
from sublearn.chain.findings.quantities.base import Claimed, Quantity
from sublearn.core.statistics import UNKNOWN, Mean
from sublearn.measures.matrices import over_units


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, found: pd.DataFrame) -> Mean:
    own = found[(found["arm"] == arm) & (found["family"] == claim.family) & (found["point"] == THRESHOLD)]
    own = own[own["trait"].isin([claim.trait] if claim.trait else own["trait"])]
    return UNKNOWN if own.empty else over_units(own.assign(excess=own["auc"] - 0.5), "excess")


JUDGED_DETECTION = Quantity("judged_detection", measure, reads=("judged_rows",))
