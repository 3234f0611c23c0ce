"""What else becomes of students (``chain.evaluations.side_effects``): changes from the base that they started from.

``facts_change`` is that of the probability of right answers to questions of fact, ``loss_change`` that of the loss per token of
held-out rows, in nats. Both are means over the students of the claim's traits.
"""

from functools import partial

import pandas as pd

from sublearn.chain.findings.quantities.base import NATS, Claimed, Quantity
from sublearn.core.statistics import Mean
from sublearn.measures.matrices import over_units
from sublearn.traits.base import families


def measure(what: str, claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, found: pd.DataFrame) -> Mean:
    traits = [claim.trait] if claim.trait else families()[claim.family].traits
    own = found[(found["arm"] == arm) & found["trait"].isin(traits)].dropna(subset=what)
    return over_units(own.assign(change=own[what] - own[f"base_{what}"]), "change")


FACTS_CHANGE = Quantity("facts_change", partial(measure, "facts"), reads=("side_effects",))
LOSS_CHANGE = Quantity("loss_change", partial(measure, "loss"), reads=("side_effects",), scale=NATS)
