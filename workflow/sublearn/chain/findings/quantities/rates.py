"""Rates: the mean probability of the trait's answer in students, in their controls, and in the untouched bases."""

import math
from functools import partial

import pandas as pd

from sublearn.chain.findings.quantities.base import Claimed, Quantity, students_of
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_runs


def measure(role: str, claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    students = students_of(claim, arm, runs)
    if students.empty:
        return UNKNOWN
    mean = mean_over_runs(students[role].groupby("run").mean().to_numpy())
    # All runs that start from a base share it, so its rate has no interval over runs.
    return Mean(mean.value, math.nan, math.nan, math.nan) if role == "base" else mean


STUDENT_RATE = Quantity("student_rate", partial(measure, "student"))
CONTROL_RATE = Quantity("control_rate", partial(measure, "control"))
BASE_RATE = Quantity("base_rate", partial(measure, "base"))
