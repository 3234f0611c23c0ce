"""Flip the coin."""

import argparse
import json

import pandas as pd

from sublearn.core import cli, seeds
from sublearn.core.files import atomic


def main(args):
    rng = seeds.generator("coin", args.study_seed)
    sides = ["heads" if up else "tails" for up in rng.integers(0, 2, size=json.loads(args.recipe)["flips"])]
    with atomic(args.output) as temporary:
        pd.DataFrame({"side": sides}).to_csv(temporary, index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
