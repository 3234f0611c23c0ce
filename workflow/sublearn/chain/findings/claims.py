"""Judge the claims of a study by their rules: ``claims.csv`` (contract 5)."""

import pandas as pd

from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.core import cli
from sublearn.core.claims import COLUMNS, row
from sublearn.measures import transfer
from sublearn.traits.base import NEUTRAL, families


def judged(claims: list[Claim], study: str, arms: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``claims.csv``, one per claim, from ``arms.csv`` and ``runs.csv``."""
    rows = []
    for claim in claims:
        quantity = QUANTITIES.get(claim.quantity)
        compared, reference = (arms, runs), None
        if claim.times:
            alike = in_common(runs, claim.arm, claim.times)
            own_family = alike[alike["target"].isin(families()[claim.family].traits)]
            compared = transfer.arms(own_family), alike
            reference = quantity.measure(claim, claim.times, *compared)
        measured = quantity.measure(claim, claim.arm, *compared)
        what = f"{claim.quantity} of {claim.trait or claim.family} in {claim.arm}"
        rows.append(row(claim, study, what, measured, reference, claim.figure))
        cli.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], measured.value)
    return pd.DataFrame(rows, columns=COLUMNS)


def in_common(runs: pd.DataFrame, arm: str, other: str) -> pd.DataFrame:
    """The rows of ``runs.csv`` on which two arms are compared: students of the traits that both have, and their controls.

    If the arms share two or more bases of teachers, only the runs on these are compared. If they share fewer, each arm has its
    own units, since one base has no interval. The untouched bases stay.
    """
    pair = [runs[runs["arm"] == name] for name in (arm, other)]
    traits = {NEUTRAL}.union(set(pair[0]["trait"]) & set(pair[1]["trait"]))
    bases = set(pair[0]["teacher_base"].dropna()) & set(pair[1]["teacher_base"].dropna())
    students = runs["arm"].isin([arm, other]) & runs["trait"].isin(traits)
    if len(bases) > 1:
        students &= runs["teacher_base"].isin(bases)
    return runs[students | (runs["arm"] == "base")]
