"""Rates: the mean probability of the trait's answer in students, in their controls, and in the untouched bases.

``control_shift`` is the control's rate minus that of the untouched base that it started from: what learning a neutral teacher's
rows does. ``rate_ratio`` is the students' rate divided by their controls': for each unit, the ratio of its mean rates; then the
geometric mean over units, with the t interval of the logarithms.
"""

import math
from functools import partial

import numpy as np
import pandas as pd

from sublearn.chain.findings.quantities.base import Claimed, Quantity, over_units, students_of
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_units


def measure(role: str, claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    mean = over_units(students_of(claim, arm, runs)[role])
    # Students of several units may start from one base, so rates of bases have no interval over units.
    return Mean(mean.value, math.nan, math.nan, math.nan) if role == "base" else mean


def measure_shift(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    students = students_of(claim, arm, runs)
    return over_units(students["control"] - students["base"])


def measure_ratio(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    rates = students_of(claim, arm, runs).groupby("unit", sort=False)[["student", "control"]].mean()
    if rates.empty:
        return UNKNOWN
    mean = mean_over_units(np.log(rates["student"].to_numpy() / rates["control"].to_numpy()))
    return Mean(math.exp(mean.value), math.exp(mean.low), math.exp(mean.high), mean.p_value)


STUDENT_RATE = Quantity("student_rate", partial(measure, "student"))
CONTROL_RATE = Quantity("control_rate", partial(measure, "control"))
BASE_RATE = Quantity("base_rate", partial(measure, "base"), has_interval=False)
CONTROL_SHIFT = Quantity("control_shift", measure_shift)
RATE_RATIO = Quantity("rate_ratio", measure_ratio)
