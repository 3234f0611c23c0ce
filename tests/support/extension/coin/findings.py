"""Count heads and tails."""

import argparse
import json

import pandas as pd
from sublearn.coin.figures.heads import Heads

from sublearn.core import cli
from sublearn.core.claims import COLUMNS, Claims
from sublearn.core.files import write_table


def main(args):
    sides = pd.read_csv(json.loads(args.inputs)["flips"])["side"]
    counts = pd.DataFrame([{"side": side, "count": int((sides == side).sum())} for side in ("heads", "tails")])
    write_table(counts, f"{args.output}/heads.csv", Heads)
    write_table(pd.DataFrame(columns=COLUMNS), f"{args.output}/claims.csv", Claims)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--study", required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--output", required=True)
    cli.run(main, parser)
