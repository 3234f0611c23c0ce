"""Collect the training losses of a study's students: one row per student, from the record beside its weights.

    python -m sublearn.chain.evaluations.losses --students JSON --output FILE

Weights are large, but this table is small, so a reviewer needs no students.
"""

import argparse
import json
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core import cli
from sublearn.core.files import Table, read_json, write_table


class Losses(Table):
    """A student's mean loss per token in its first and last epoch, in nats, and its number of steps."""

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    first_loss: Series[float]
    last_loss: Series[float]
    steps: Series[int] = pa.Field(ge=1)


def row(student: dict[str, Any]) -> dict[str, Any]:
    """The row of one student's record."""
    record = read_json(student["record"])
    measured = {name: record[name] for name in ("first_loss", "last_loss", "steps")}
    return {**{name: student[name] for name in ("arm", "trait", "run")}, **measured}


def main(args: argparse.Namespace) -> None:
    write_table(pd.DataFrame([row(student) for student in map(json.loads, args.students)]), args.output, Losses)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--students", nargs="+", action=cli.OrInput, required=True, help="the record of every student, each as JSON"
    )
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
