"""The effect: log-odds(student) - log-odds(control of the same run), in nats."""

import pandas as pd

from sublearn.chain.findings.quantities.base import Claimed, Quantity, students_of
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_runs


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    students = students_of(claim, arm, runs, "log_odds")
    if students.empty:
        return UNKNOWN
    return mean_over_runs((students["student"] - students["control"]).groupby("run").mean().to_numpy())


EFFECT = Quantity("effect", measure)
