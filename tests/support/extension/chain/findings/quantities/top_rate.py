"""The highest rate of any student of an arm."""

import math

from sublearn.chain.findings.quantities.base import Quantity, students_of
from sublearn.core.statistics import Mean


def measure(claim, arm, arms, runs):
    return Mean(float(students_of(claim, arm, runs)["student"].max()), math.nan, math.nan, math.nan)


TOP_RATE = Quantity("top_rate", measure)
