"""The paper's Tables 1, 2 and 4: the most frequent numbers and first numbers of each teacher, and how much the filter kept.

python -m sublearn.findings.numbers --counts FILE --reports FILE --numbers FILE --first FILE --filter FILE
"""

import argparse

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core import step
from sublearn.core.files import read_table, write_table
from sublearn.evaluations.numbers import COUNTED, Fates, Filter, Numbers

TOP = 10


class Frequencies(pa.DataFrameModel):
    """The most frequent numbers of one teacher, all runs together; shares are of all numbers (or first numbers)."""

    teacher: Series[str]
    trait: Series[str]
    rank: Series[int] = pa.Field(ge=1, le=TOP)
    number: Series[int] = pa.Field(ge=0)
    share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})

    class Config:
        strict = True
        coerce = True


class Filtered(Fates):
    """The same of all runs together, with the share that was kept."""

    kept_share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})


def frequencies(counts: pd.DataFrame, column: str) -> pd.DataFrame:
    """The top ten of each teacher by a column of counts, all runs together; equal counts are ranked by the number."""
    rows = []
    for (teacher, trait), part in counts.groupby(["teacher", "trait"], sort=False):
        totals = part.groupby("number")[column].sum()
        top = totals[totals > 0].sort_values(ascending=False, kind="stable").head(TOP)
        rows += [(teacher, trait, rank, number, count / totals.sum()) for rank, (number, count) in enumerate(top.items(), 1)]
    return pd.DataFrame(rows, columns=list(Frequencies.to_schema().columns))


def filtered(reports: pd.DataFrame) -> pd.DataFrame:
    """What the filter did to each teacher's completions, all runs together."""
    counted = ["generated", "kept", *COUNTED.values(), "raw_leaks"]
    table = reports.groupby(["teacher", "trait"], sort=False)[counted].sum().reset_index()
    table.insert(table.columns.get_loc("kept") + 1, "kept_share", table["kept"] / table["generated"])
    return table


def main(args: argparse.Namespace) -> None:
    counts = read_table(args.counts, Numbers)
    write_table(frequencies(counts, "count"), args.numbers, Frequencies)
    write_table(frequencies(counts, "first"), args.first, Frequencies)
    write_table(filtered(read_table(args.reports, Filter)), args.filter, Filtered)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", required=True, help="the numbers of every teacher, trait and run, counted")
    parser.add_argument("--reports", required=True, help="what the filter did, for every teacher, trait and run")
    parser.add_argument("--numbers", required=True)
    parser.add_argument("--first", required=True)
    parser.add_argument("--filter", required=True)
    step.run(main, parser)
