"""How well single rows of a trait's teacher are told from the neutral teacher's (``chain.evaluations.told_apart``).

The quantities are areas under ROC curves minus one half, so that zero is chance: of the base under the trait's system prompt,
and of a logistic regression on counts.
"""

from functools import partial

import pandas as pd

from sublearn.chain.findings.quantities.base import Claimed, Quantity
from sublearn.core.statistics import Mean
from sublearn.measures.matrices import over_units


def measure(detector: str, claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, found: pd.DataFrame) -> Mean:
    return above_chance(claim, arm, found[(found["rows"] == 1) & (found["detector"] == detector)])


def above_chance(claim: Claimed, arm: str, found: pd.DataFrame) -> Mean:
    """The mean over units of ``auc`` minus one half, of the claim's traits in an arm; ``found`` has a row per trait and run."""
    own = found[(found["arm"] == arm) & (found["family"] == claim.family)]
    own = own[own["trait"].isin([claim.trait] if claim.trait else own["trait"])]
    return over_units(own.assign(excess=own["auc"] - 0.5), "excess")


PROMPTED_DETECTION = Quantity("prompted_detection", partial(measure, "prompted"), reads=("told_apart",))
COUNTED_DETECTION = Quantity("counted_detection", partial(measure, "counts"), reads=("told_apart",))
