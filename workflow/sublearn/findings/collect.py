"""Put the evaluations of a study together as ``runs.csv`` (contract 2).

    python -m sublearn.findings.collect --evaluations FILE FILE --arms a b --traits owl --runs 4 --output FILE

Files come from the study and from those it extends, nearest first; where two hold the same model, the nearest counts.
"""

import argparse

import pandas as pd

from sublearn.core import step
from sublearn.core.errors import UserError
from sublearn.core.files import read_nearest, write_table
from sublearn.evaluations.tables import Runs
from sublearn.teachers.lessons import NEUTRAL


def collect(files: list[str], arms: list[str], traits: list[str], runs: int) -> pd.DataFrame:
    """The rows of the study's models, sorted, each model once."""
    table = read_nearest(files, Runs)
    known = table["arm"].isin([*arms, "base"]) & (table["run"] < runs)
    known &= table["trait"].isin([*traits, NEUTRAL]) | (table["arm"] == "base")
    table = table[known]
    identity = ["arm", "trait", "run", "student_base"]
    places = {arm: i for i, arm in enumerate(["base", *arms])} | {trait: i for i, trait in enumerate([*traits, NEUTRAL])}
    return table.sort_values(identity, key=lambda c: c.map(places).fillna(0) if c.name != "run" else c, kind="stable")


def main(args: argparse.Namespace) -> None:
    table = collect(args.evaluations, args.arms, args.traits, args.runs)
    if missing := [arm for arm in args.arms if arm not in set(table["arm"])]:
        raise UserError(f"{args.output}: no evaluation of {', '.join(missing)} in {', '.join(args.evaluations)}.")
    if unknown := set(table["student_base"]) - set(table[table["arm"] == "base"]["student_base"]):
        raise UserError(f"{args.output}: no evaluation of the untouched base {sorted(unknown)[0]}, which students start from.")
    write_table(table, args.output, Runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", nargs="+", required=True)
    parser.add_argument("--arms", nargs="+", required=True)
    parser.add_argument("--traits", nargs="+", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
