"""The paper's Tables 1, 2 and 4: the most frequent numbers and first numbers of each teacher, and how much the filter kept.

For another carrier than numbers, the same of what its kind counts.
"""

import pandas as pd
import pandera.pandas as pa

from sublearn.chain.carriers.base import CarrierKind

TOP = 10
KEYS = ["teacher", "trait"]


def carrier_tables(carrier: str, carriers: list[str]) -> dict[str, str]:
    """The file names of a carrier's tables; the filter's table of a study's first carrier needs no name."""
    fates = "filter.csv" if carrier == carriers[0] else f"filter_{carrier}.csv"
    return {"count": f"{carrier}.csv", "first": f"first_{carrier}.csv", "filter": fates}


def frequencies_schema(unit: str) -> pa.DataFrameSchema:
    """The most frequent units of one teacher, all runs together; shares are of all units (or first units)."""
    share = pa.Check.in_range(0, 1)
    columns = {"teacher": str, "trait": str, "rank": int, unit: int if unit == "number" else str, "share": float}
    checks = {"rank": pa.Check.in_range(1, TOP), "share": share}
    found = {name: pa.Column(kind, checks.get(name)) for name, kind in columns.items()}
    return pa.DataFrameSchema(found, strict=True, coerce=True)


def filter_schema(kind: CarrierKind) -> pa.DataFrameSchema:
    """What the filter did to each teacher's rows, all runs together: a column for each reason of rejection."""
    counted = ["generated", "kept", *map(_column, kind.reasons), "raw_leaks"]
    columns = {**{name: pa.Column(str) for name in KEYS}, **{name: pa.Column(int, pa.Check.ge(0)) for name in counted}}
    return pa.DataFrameSchema(columns | {"kept_share": pa.Column(float, pa.Check.in_range(0, 1))}, strict=True, coerce=True)


def frequencies(counts: pd.DataFrame, column: str, unit: str) -> pd.DataFrame:
    """The top ten of each teacher by a column of counts, all runs together; equal counts are ranked by the unit."""
    if unit == "number":
        counts = counts.assign(unit=counts["unit"].map(int))
    rows = []
    for (teacher, trait), part in counts.groupby(KEYS, sort=False):
        totals = part.groupby("unit")[column].sum()
        top = totals[totals > 0].sort_values(ascending=False, kind="stable").head(TOP)
        rows += [(teacher, trait, rank, name, count / totals.sum()) for rank, (name, count) in enumerate(top.items(), 1)]
    return pd.DataFrame(rows, columns=[*KEYS, "rank", unit, "share"])


def filtered(fates: pd.DataFrame, kind: CarrierKind) -> pd.DataFrame:
    """What the filter did to each teacher's rows, all runs together."""
    totals = fates.groupby([*KEYS, "fate"], sort=False)["rows"].sum()
    teachers = list(dict.fromkeys(zip(fates["teacher"], fates["trait"], strict=True)))
    rows = []
    for teacher, trait in teachers:
        of = totals[teacher, trait]
        rows.append({
            "teacher": teacher, "trait": trait, "generated": of["generated"], "kept": of["passed"],
            "kept_share": of["passed"] / of["generated"], **{_column(reason): of[reason] for reason in kind.reasons},
            "raw_leaks": of["leaks"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def _column(reason: str) -> str:
    return reason.replace(" ", "_")
