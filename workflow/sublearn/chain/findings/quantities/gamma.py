"""Gamma: how much more students lean towards their own teacher's trait than to the other traits of its family, in nats."""

import pandas as pd

from sublearn.chain.findings.quantities.base import Claimed, Quantity
from sublearn.core.statistics import UNKNOWN, Mean


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame) -> Mean:
    known = arms[(arms["arm"] == arm) & (arms["family"] == claim.family)]
    return UNKNOWN if known.empty else Mean(*known.iloc[0][["gamma", "ci_low", "ci_high", "p_value"]])


GAMMA = Quantity("gamma", measure, of_family=True)
