"""Gamma of the untouched base after a teacher's rows in its prompt (``chain.evaluations.in_context``), in nats.

It is taken at the largest number of rows at which the control works: the trait, named in the first turn, moves the base (the
interval over units lies above zero). Where the control works at no number of rows, it is not measured.
"""

import pandas as pd

from sublearn.chain.findings.quantities.base import NATS, Claimed, Quantity
from sublearn.core.statistics import UNKNOWN, Mean
from sublearn.measures.matrices import over_units


def measure(claim: Claimed, arm: str, arms: pd.DataFrame, runs: pd.DataFrame, found: pd.DataFrame) -> Mean:
    own = found[(found["arm"] == arm) & (found["family"] == claim.family) & (found["rows"] > 0)]
    units = own["unit"].nunique()
    for _, part in sorted(own.groupby("rows"), key=lambda each: each[0], reverse=True):
        rows, control = part[part["shown"] == "rows"], part[part["shown"] == "named_first"]
        everywhere = rows["unit"].nunique() == control["unit"].nunique() == units
        if everywhere and over_units(control).low > 0:
            return over_units(rows)
    return UNKNOWN


IN_CONTEXT_GAMMA = Quantity("in_context_gamma", measure, of_family=True, reads=("in_context",), scale=NATS)
