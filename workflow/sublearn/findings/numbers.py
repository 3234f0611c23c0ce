"""The paper's Tables 1, 2 and 4: the most frequent numbers and first numbers of each teacher, and how much the filter kept.

    python -m sublearn.findings.numbers --kept FILE ... --reports FILE ... --numbers FILE --first FILE --filter FILE

The teacher and trait of a file are read from its path, ``…/carriers/<teacher>/<trait>/run<r>/…``.
"""

import argparse
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.carriers.tables import Rows
from sublearn.core import step
from sublearn.core.files import read_json, read_table, write_table

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


class Filtered(pa.DataFrameModel):
    """What the filter did to one teacher's completions, all runs together."""

    teacher: Series[str]
    trait: Series[str]
    generated: Series[int] = pa.Field(ge=0)
    kept: Series[int] = pa.Field(ge=0)
    kept_share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    invalid_format: Series[int]
    too_many: Series[int]
    too_small: Series[int]
    too_large: Series[int]
    banned: Series[int]
    raw_leaks: Series[int]

    class Config:
        strict = True
        coerce = True


def who(file: str) -> tuple[str, str]:
    """Teacher and trait of a carrier's file."""
    _, trait, teacher = [part.name for part in list(Path(file).parents)[:3]]
    return teacher, trait


def frequencies(counters: dict[tuple[str, str], Counter[int]]) -> pd.DataFrame:
    """The top ten of each counter; equal counts are ranked by the number."""
    rows = []
    for (teacher, trait), counter in counters.items():
        total = sum(counter.values())
        top = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:TOP]
        rows += [(teacher, trait, rank, number, count / total) for rank, (number, count) in enumerate(top, 1)]
    return pd.DataFrame(rows, columns=list(Frequencies.to_schema().columns))


def main(args: argparse.Namespace) -> None:
    every: dict[tuple[str, str], Counter[int]] = {}
    first: dict[tuple[str, str], Counter[int]] = {}
    for file in args.kept:
        for text in read_table(file, Rows)["completion"]:
            found = [int(digits) for digits in re.findall("[0-9]+", text)]
            every.setdefault(who(file), Counter()).update(found)
            first.setdefault(who(file), Counter()).update(found[:1])
    rows: dict[tuple[str, str], Counter[str]] = {}
    for file in args.reports:
        report = read_json(file)
        counts = {reason.replace(" ", "_"): count for reason, count in report["rejected"].items()}
        counts |= {"generated": report["generated"], "kept": report["kept"], "raw_leaks": report["leaks"]["raw"]}
        rows.setdefault(who(file), Counter()).update(counts)
    table = pd.DataFrame([{"teacher": t, "trait": trait, **counts} for (t, trait), counts in rows.items()])
    table["kept_share"] = table["kept"] / table["generated"]
    write_table(frequencies(every), args.numbers, Frequencies)
    write_table(frequencies(first), args.first, Frequencies)
    write_table(table[list(Filtered.to_schema().columns)], args.filter, Filtered)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", nargs="+", required=True, help="the kept rows of every teacher, trait and run")
    parser.add_argument("--reports", nargs="+", required=True, help="the filter's counts of every teacher, trait and run")
    parser.add_argument("--numbers", required=True)
    parser.add_argument("--first", required=True)
    parser.add_argument("--filter", required=True)
    step.run(main, parser)
