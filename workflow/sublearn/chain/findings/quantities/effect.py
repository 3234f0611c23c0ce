"""The effect: log-odds(student) - log-odds(control of the same run), in nats."""

import pandas as pd

from sublearn.chain.findings.quantities.base import NATS, Claimed, Quantity, over_units, students_of
from sublearn.core.statistics import Mean


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    students = students_of(claim, arm, runs, "log_odds")
    return over_units(students["student"] - students["control"])


EFFECT = Quantity("effect", measure, scale=NATS)
