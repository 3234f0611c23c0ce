"""What the findings of a study of the theorem say of its claims beside their verdicts (``core.evidence``)."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sublearn.core.evidence import Evidence
from sublearn.core.files import read_table
from sublearn.core.statistics import UNKNOWN, Mean
from sublearn.theory.claim import Claim
from sublearn.theory.tables import Conditions, Trajectory


def evidence(claims: Sequence[Claim], folder: Path) -> dict[str, Evidence]:
    """By claim: the number of draws of a condition; or of runs of many steps, with its bound's reference."""
    conditions = read_table(folder / "conditions.csv", Conditions)
    steps = read_table(folder / "trajectory.csv", Trajectory)
    draws = conditions.groupby("condition")["draws"].max()
    last = steps[steps["step"] == steps["step"].max()].set_index("arm")
    found = {}
    for claim in claims:
        if claim.arm is None:
            found[claim.claim] = Evidence("draws", int(draws.get(claim.condition, 0)))
        else:
            reference = _transfer(claim, last) if claim.times else None
            found[claim.claim] = Evidence("runs", int(last["runs"].get(claim.arm, 0)), "", reference)
    return found


def _transfer(claim: Claim, last: pd.DataFrame) -> Mean:
    """The transfer after the last step; the tables hold no other quantity with its interval over runs."""
    if claim.quantity != "transfer" or claim.times not in last.index:
        return UNKNOWN
    value, low, high = (float(last[name][claim.times]) for name in ("transfer", "transfer_low", "transfer_high"))
    return Mean(value, low, high, math.nan)
