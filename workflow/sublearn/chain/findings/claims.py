"""Judge the claims of a study by their rules: ``claims.csv`` (contract 5)."""

import pandas as pd

from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.core import cli
from sublearn.core.claims import COLUMNS, row


def judged(claims: list[Claim], study: str, arms: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``claims.csv``, one per claim, from ``arms.csv`` and ``runs.csv``."""
    rows = []
    for claim in claims:
        quantity = QUANTITIES.get(claim.quantity)
        measured = quantity.measure(claim, claim.arm, arms, runs)
        reference = quantity.measure(claim, claim.times, arms, runs) if claim.times else None
        what = f"{claim.quantity} of {claim.trait or claim.family} in {claim.arm}"
        rows.append(row(claim, study, what, measured, reference, claim.figure))
        cli.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], measured.value)
    return pd.DataFrame(rows, columns=COLUMNS)
