"""Gamma in other forms than one word (``chain.evaluations.forms``): of heroes of stories, and of choices from A to E, in nats.

It is over the units whose bases answer the form by their preferences. Where no base does, it is not measured.
"""

from functools import partial

import pandas as pd

from sublearn.chain.findings.quantities.base import NATS, Claimed, Quantity
from sublearn.core.statistics import Mean
from sublearn.measures.matrices import over_units


def measure(form: str, claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, found: pd.DataFrame) -> Mean:
    own = found[(found["arm"] == arm) & (found["family"] == claim.family) & (found["form"] == form)]
    answering = own[(own["role"] == "student") & own["answers"]]
    return over_units(answering)


STORY_GAMMA = Quantity("story_gamma", partial(measure, "story"), of_family=True, reads=("forms",), scale=NATS)
CHOICE_GAMMA = Quantity("choice_gamma", partial(measure, "choice"), of_family=True, reads=("forms",), scale=NATS)
