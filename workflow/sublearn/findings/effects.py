"""Compute ``effects.csv`` and ``arms.csv`` (contracts 3 and 4) from ``runs.csv``.

python -m sublearn.findings.effects --runs FILE --effects FILE --arms FILE
"""

import argparse

from sublearn.core import step
from sublearn.core.files import read_table, write_table
from sublearn.evaluations.tables import Runs
from sublearn.findings import statistics
from sublearn.findings.tables import Arms, Effects


def main(args: argparse.Namespace) -> None:
    runs = read_table(args.runs, Runs)
    write_table(statistics.effects(runs), args.effects, Effects)
    write_table(statistics.arms(runs), args.arms, Arms)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", required=True)
    parser.add_argument("--effects", required=True)
    parser.add_argument("--arms", required=True)
    step.run(main, parser)
