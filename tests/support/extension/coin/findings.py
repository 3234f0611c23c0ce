"""Count heads and tails."""

import json

import pandas as pd
from sublearn.coin.figures.heads import Heads

from sublearn.core import cli, findings
from sublearn.core.claims import COLUMNS
from sublearn.core.files import write_table


def main(args):
    sides = pd.read_csv(json.loads(args.inputs)["flips"])["side"]
    counts = pd.DataFrame([{"side": side, "count": int((sides == side).sum())} for side in ("heads", "tails")])
    write_table(counts, f"{args.output}/heads.csv", Heads)
    findings.write_claims(pd.DataFrame(columns=COLUMNS), args.output)


if __name__ == "__main__":
    cli.run(main, findings.options(__doc__))
