"""Make the paper's Tables 1, 2 and 4: each teacher's most frequent numbers and first numbers, and what the filter kept.

For other carriers than numbers, the tables count the units of their kind.
"""

import pandas as pd
import pandera.pandas as pa

from sublearn.chain.carriers.base import CarrierKind

TOP = 10
KEYS = ["teacher", "trait"]


def carrier_tables(carrier: str, carriers: list[str]) -> dict[str, str]:
    """The file names of a carrier's tables; the study's first carrier has the filter table without a carrier name."""
    fates = "filter.csv" if carrier == carriers[0] else f"filter_{carrier}.csv"
    return {"count": f"{carrier}.csv", "first": f"first_{carrier}.csv", "filter": fates}


def frequencies_schema(unit: str) -> pa.DataFrameSchema:
    """The schema of a table of the most frequent units of each teacher, over all runs; shares are of all (first) units."""
    share = pa.Check.in_range(0, 1)
    columns = {"teacher": str, "trait": str, "rank": int, unit: int if unit == "number" else str, "share": float}
    checks = {"rank": pa.Check.in_range(1, TOP), "share": share}
    checked = {name: pa.Column(kind, checks.get(name)) for name, kind in columns.items()}
    return pa.DataFrameSchema(checked, strict=True, coerce=True)


def filter_schema(kind: CarrierKind) -> pa.DataFrameSchema:
    """The schema of the table of filtered and rejected rows per teacher, with a column for each reason for rejection."""
    counted = ["generated", "kept", *map(_column, kind.reasons), "raw_leaks"]
    columns = {**{name: pa.Column(str) for name in KEYS}, **{name: pa.Column(int, pa.Check.ge(0)) for name in counted}}
    return pa.DataFrameSchema(columns | {"kept_share": pa.Column(float, pa.Check.in_range(0, 1))}, strict=True, coerce=True)


def frequencies(counts: pd.DataFrame, column: str, unit: str) -> pd.DataFrame:
    """The ten most frequent units of each teacher by a column of counts, over all runs; ties are ordered by unit."""
    if unit == "number":
        counts = counts.assign(unit=counts["unit"].map(int))
    rows = []
    for (teacher, trait), part in counts.groupby(KEYS, sort=False):
        totals = part.groupby("unit")[column].sum()
        top = totals[totals > 0].sort_values(ascending=False, kind="stable").head(TOP)
        rows += [(teacher, trait, rank, name, count / totals.sum()) for rank, (name, count) in enumerate(top.items(), 1)]
    return pd.DataFrame(rows, columns=[*KEYS, "rank", unit, "share"])


def filtered(fates: pd.DataFrame, kind: CarrierKind) -> pd.DataFrame:
    """Number of filtered and rejected rows of each teacher, over all runs."""
    totals = fates.groupby([*KEYS, "fate"], sort=False)["rows"].sum()
    teachers = list(dict.fromkeys(zip(fates["teacher"], fates["trait"], strict=True)))
    rows = []
    for teacher, trait in teachers:
        own = totals[teacher, trait]
        rows.append({
            "teacher": teacher, "trait": trait, "generated": own["generated"], "kept": own["passed"],
            "kept_share": own["passed"] / own["generated"], **{_column(reason): own[reason] for reason in kind.reasons},
            "raw_leaks": own["leaks"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def _column(reason: str) -> str:
    return reason.replace(" ", "_")
