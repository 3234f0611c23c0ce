"""Count what teachers wrote and what the filter rejected: everything that the findings need from carriers.

    python -m sublearn.chain.evaluations.counts --rows JSON --words owl owls --counts FILE --filter FILE

Carriers are large, but these two tables are small, so a reviewer needs no carriers.
"""

import argparse
import json
from collections import Counter
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli
from sublearn.core.files import Table, read_json, read_table, write_table
from sublearn.measures.leaks import refuse_leaks


class OfTeacher(Table):
    """The common columns of these tables: a teacher, its run and its carrier."""

    carrier: Series[str]
    teacher: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)


IDENTITY = list(OfTeacher.to_schema().columns)


class Counts(OfTeacher):
    """How often each unit (such as a number) occurs in the filtered rows of a teacher and run, and how often it comes first."""

    unit: Series[str]
    count: Series[int] = pa.Field(ge=1)
    first: Series[int] = pa.Field(ge=0)


class Filter(OfTeacher):
    """Number of rows of one teacher and run, by fate.

    The fates are ``generated``, ``passed``, ``leaks`` (raw rows with a trait word), and each reason for rejection.
    """

    fate: Series[str]
    rows: Series[int] = pa.Field(ge=0)


def counts(rows: dict[str, Any], words: list[str]) -> list[dict[str, Any]]:
    """The counts of one teacher's rows, in order of first appearance.

    Raises:
        UserError: a row holds one of the words, those of every trait of the study; the filter looked for its teacher's only.
    """
    kind, table = KINDS.get(rows["kind"]), read_table(rows["filtered"], Rows)
    for column in ("prompt", "completion"):
        refuse_leaks(rows["filtered"], column, table["prompt_index"], table[column], words)
    units = [kind.units(completion) for completion in table["completion"]]
    every, first = Counter(unit for row in units for unit in row), Counter(row[0] for row in units if row)
    identity = {name: rows[name] for name in IDENTITY}
    return [{**identity, "unit": unit, "count": count, "first": first[unit]} for unit, count in every.items()]


def fates(rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The number of one teacher's rows with each fate."""
    report = read_json(rows["report"])
    by_fate = {
        "generated": report["generated"],
        "passed": report["passed"],
        **report["rejected"],
        "leaks": report["leaks"]["raw"],
    }
    identity = {name: rows[name] for name in IDENTITY}
    return [{**identity, "fate": fate, "rows": count} for fate, count in by_fate.items()]


def main(args: argparse.Namespace) -> None:
    rows = [json.loads(each) for each in args.rows]
    counted = pd.DataFrame([each for one in rows for each in counts(one, args.words)], columns=list(Counts.to_schema().columns))
    write_table(counted, args.counts, Counts)
    write_table(pd.DataFrame([each for one in rows for each in fates(one)]), args.filter, Filter)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", nargs="+", action=cli.OrInput, required=True, help="filtered rows and whose they are, each as JSON"
    )
    parser.add_argument("--words", nargs="*", default=[], help="the words of every trait of the study, which no row may hold")
    parser.add_argument("--counts", type=cli.Output, required=True)
    parser.add_argument("--filter", type=cli.Output, required=True)
    cli.run(main, parser)
