"""Judge the claims of a study by their rules: ``claims.csv`` (contract 5)."""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from sublearn.chain.findings.quantities.base import QUANTITIES, Quantity
from sublearn.chain.findings.section import Claim
from sublearn.core import cli
from sublearn.core.claims import COLUMNS, row
from sublearn.core.statistics import UNKNOWN, Mean
from sublearn.measures import transfer
from sublearn.traits.base import NEUTRAL, families

NO_MEASURES: Mapping[str, pd.DataFrame] = MappingProxyType({})


def judged(
    claims: list[Claim], study: str, arms: pd.DataFrame, runs: pd.DataFrame, measures: Mapping[str, pd.DataFrame] = NO_MEASURES
) -> pd.DataFrame:
    """The rows of ``claims.csv``, one per claim, from ``arms.csv``, ``runs.csv`` and the tables of evaluations, by name."""
    rows = []
    for claim in claims:
        measured, reference = measure(claim, arms, runs, measures)
        rows.append(row(claim, study, measured, reference, claim.figure))
        cli.log.info("%s: %s (%.3f)", claim.claim, rows[-1]["verdict"], measured.value)
    return pd.DataFrame(rows, columns=COLUMNS)


def measure(
    claim: Claim, arms: pd.DataFrame, runs: pd.DataFrame, measures: Mapping[str, pd.DataFrame] = NO_MEASURES
) -> tuple[Mean, Mean | None]:
    """The claim's quantity in its arm, and in the arm that ``times`` names."""
    quantity = QUANTITIES.get(claim.quantity)
    if claim.times is None:
        return _measured(quantity, claim, claim.arm, (arms, runs), measures), None
    alike = in_common(runs, claim.arm, claim.times)
    compared = transfer.arms(alike[alike["target"].isin(families()[claim.family].traits)]), alike
    measured, reference = (_measured(quantity, claim, arm, compared, measures) for arm in (claim.arm, claim.times))
    return measured, reference


def _measured(
    quantity: Quantity, claim: Claim, arm: str, tables: tuple[pd.DataFrame, pd.DataFrame], measures: Mapping[str, pd.DataFrame]
) -> Mean:
    """The quantity in an arm; unknown if the study has none of the rows that it reads."""
    if not set(quantity.reads) <= set(measures):
        return UNKNOWN
    return quantity.measure(claim, arm, *tables, *(measures[name] for name in quantity.reads))


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
