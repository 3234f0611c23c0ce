"""How much of gamma counting accounts for: that of the predicted shifts, and what is left (``chain.evaluations.counting``).

``counted_gamma`` is gamma of what the frequencies of numbers predict of students, ``uncounted_gamma`` the measured gamma minus
that.
"""

from functools import partial

import pandas as pd

from sublearn.chain.findings.quantities.base import NATS, Claimed, Quantity, over_units
from sublearn.core.statistics import Mean
from sublearn.measures.counting import gammas


def measure(of_rest: bool, claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, counting: pd.DataFrame) -> Mean:
    students = runs.loc[runs["arm"] == arm, ["trait", "run"]].drop_duplicates()
    own = counting[(counting["arm"] == arm) & (counting["family"] == claim.family)]
    found = gammas(own.merge(students, on=["trait", "run"]))
    return over_units(found["measured"] - found["predicted"] if of_rest else found["predicted"])


COUNTED_GAMMA = Quantity("counted_gamma", partial(measure, False), of_family=True, reads=("counting",), scale=NATS)
UNCOUNTED_GAMMA = Quantity("uncounted_gamma", partial(measure, True), of_family=True, reads=("counting",), scale=NATS)
