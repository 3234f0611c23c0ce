"""Count the numbers that the teachers of a study wrote, and what the filter did to them: all that findings ask of carriers.

    python -m sublearn.evaluations.numbers --kept FILE ... --reports FILE ... --numbers FILE --filter FILE

Carriers are large, their counts are not: with these two tables a reviewer needs no carrier. The teacher, trait and run of a
file are read from its path, ``…/carriers/<teacher>/<trait>/run<r>/…``.
"""

import argparse
import re
from collections import Counter

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.carriers.tables import REASONS, Rows
from sublearn.core import step
from sublearn.core.files import read_json, read_table, write_table
from sublearn.evaluations.tables import whose

COUNTED = {reason: reason.replace(" ", "_") for reason in REASONS}  # the column of each reason


class Numbers(pa.DataFrameModel):
    """How often each number stands in the kept rows of one teacher and run, and how often as the first of its row."""

    teacher: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    number: Series[int] = pa.Field(ge=0)
    count: Series[int] = pa.Field(ge=1)
    first: Series[int] = pa.Field(ge=0)

    class Config:
        strict = True
        coerce = True


class Fates(pa.DataFrameModel):
    """What the filter did to a teacher's completions: rows of each fate, and raw rows with a trait's word."""

    teacher: Series[str]
    trait: Series[str]
    generated: Series[int] = pa.Field(ge=0)
    kept: Series[int] = pa.Field(ge=0)
    invalid_format: Series[int]
    too_many: Series[int]
    too_small: Series[int]
    too_large: Series[int]
    banned: Series[int]
    raw_leaks: Series[int]

    class Config:
        strict = True
        coerce = True


class Filter(Fates):
    """The same of one run."""

    run: Series[int] = pa.Field(ge=0)


def counts(file: str) -> pd.DataFrame:
    """The numbers of one carrier, in ascending order."""
    rows = [[int(digits) for digits in re.findall("[0-9]+", text)] for text in read_table(file, Rows)["completion"]]
    every, first = Counter(number for row in rows for number in row), Counter(row[0] for row in rows if row)
    found = [
        {**whose(file, "teacher"), "number": number, "count": every[number], "first": first[number]} for number in sorted(every)
    ]
    return pd.DataFrame(found, columns=list(Numbers.to_schema().columns))


def filtered(file: str) -> dict[str, str | int]:
    """The row of one filter report."""
    report = read_json(file)
    reasons = {column: report["rejected"][reason] for reason, column in COUNTED.items()}
    whole = {"generated": report["generated"], "kept": report["kept"]}
    return {**whose(file, "teacher"), **whole, **reasons, "raw_leaks": report["leaks"]["raw"]}


def main(args: argparse.Namespace) -> None:
    write_table(pd.concat([counts(file) for file in args.kept], ignore_index=True), args.numbers, Numbers)
    write_table(pd.DataFrame([filtered(file) for file in args.reports]), args.filter, Filter)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", nargs="+", required=True, help="the kept rows of every teacher, trait and run")
    parser.add_argument("--reports", nargs="+", required=True, help="the filter's counts of every teacher, trait and run")
    parser.add_argument("--numbers", required=True)
    parser.add_argument("--filter", required=True)
    step.run(main, parser)
