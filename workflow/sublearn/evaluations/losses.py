"""Gather how well the students of a study learned: one row per student, from the record beside its weights.

    python -m sublearn.evaluations.losses --records FILE ... --output FILE

Weights are large, their records are not: with this table a reviewer needs no student. The arm, trait and run of a record are
read from its path, ``…/students/<arm>/<trait>/run<r>/training.json``.
"""

import argparse

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core import step
from sublearn.core.files import read_json, write_table
from sublearn.evaluations.tables import whose


class Losses(pa.DataFrameModel):
    """Mean loss per token (nats) of a student's first and last epoch, and its steps."""

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    first_loss: Series[float]
    last_loss: Series[float]
    steps: Series[int] = pa.Field(ge=1)

    class Config:
        strict = True
        coerce = True


def row(file: str) -> dict[str, object]:
    """The row of one student's record."""
    record = read_json(file)
    measured = {name: record[name] for name in ("first_loss", "last_loss", "steps")}
    return {**whose(file, "arm"), **measured}


def main(args: argparse.Namespace) -> None:
    write_table(pd.DataFrame([row(file) for file in args.records]), args.output, Losses)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", nargs="+", required=True, help="training.json of every student")
    parser.add_argument("--output", required=True)
    step.run(main, parser)
