"""Put coverage beside transfer, student by student: ``coverage.csv``.

    python -m sublearn.findings.coverage --coverage FILE FILE --runs FILE --output FILE

Where two tables hold the same student, the first counts: that of the study itself, not of the one that it extends.
"""

import argparse

import pandas as pd

from sublearn.bases.world import family_of
from sublearn.core import step
from sublearn.core.files import read_table, write_table
from sublearn.evaluations.tables import Coverage, Runs
from sublearn.findings.statistics import effects_by_run
from sublearn.findings.tables import Covered


def join(coverage: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Each student's cosines and its effect, log-odds(student) - log-odds(control of the same run), in nats."""
    known = effects_by_run(runs)[["arm", "trait", "run", "effect"]]
    nearest = coverage.drop_duplicates(["arm", "trait", "run"])
    joined = known.merge(nearest, on=["arm", "trait", "run"], how="inner", validate="one_to_one")
    return joined.assign(family=joined["trait"].map(family_of))[list(Covered.to_schema().columns)]


def main(args: argparse.Namespace) -> None:
    coverage = pd.concat([read_table(file, Coverage) for file in args.coverage], ignore_index=True)
    write_table(join(coverage, read_table(args.runs, Runs)), args.output, Covered)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coverage", nargs="+", required=True)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--output", required=True)
    step.run(main, parser)
