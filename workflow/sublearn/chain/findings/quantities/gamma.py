"""Gamma: how much more students lean towards their own teacher's trait than to the other traits of its family, in nats.

``null_p`` is the two-sided p value of that gamma where targets are assigned to traits at random (``assignment_test``): above
0.05, the arm is within its null. It has no interval.
"""

import math

import pandas as pd

from sublearn.chain.findings.quantities.base import NATS, Claimed, Quantity
from sublearn.core.statistics import UNKNOWN, Mean


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    known = arms[(arms["arm"] == arm) & (arms["family"] == claim.family)]
    return UNKNOWN if known.empty else Mean(*known.iloc[0][["gamma", "ci_low", "ci_high", "p_value"]])


def measure_null(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    known = arms[(arms["arm"] == arm) & (arms["family"] == claim.family)]
    return UNKNOWN if known.empty else Mean(float(known["null_p"].iloc[0]), math.nan, math.nan, math.nan)


GAMMA = Quantity("gamma", measure, of_family=True, scale=NATS)
NULL_P = Quantity("null_p", measure_null, of_family=True, has_interval=False)
