"""Transform the rows that passed the filter, for instance by shuffling their numbers.

python -m sublearn.chain.carriers.transform --recipe JSON --study-seed 1 --runs 0 --filtered FILE --outputs FILE
"""

import argparse
import json

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli, seeds
from sublearn.core.files import read_table, write_table


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    transform = KINDS.get(recipe["kind"]).transforms[recipe["transform"]]
    for run, filtered, output in zip(args.runs, args.filtered, args.outputs, strict=True):
        rows = read_table(filtered, Rows)
        rng = seeds.generator("shuffle", args.study_seed, recipe["transform"], run)
        write_table(rows.assign(completion=transform(rows["completion"], rng)), output, Rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carrier kind and the name of a transform, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument(
        "--filtered", type=cli.Input, nargs="+", required=True, help="the rows of each run that passed the filter"
    )
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the transformed rows of each run")
    cli.run(main, parser)
