"""Shuffle the numbers of kept rows, within each completion or across all of them (paper, appendix B.1, Figure 16).

    python -m sublearn.carriers.shuffle --kind shuffled_within --study-seed 1 --runs 0 --kept FILE --outputs FILE

Separators, brackets and full stops stay where they were; only the numbers move.
"""

import argparse
import re

import numpy as np
import pandas as pd

from sublearn.carriers.tables import Rows
from sublearn.core import seeds, step
from sublearn.core.files import read_table, write_table

_NUMBER = re.compile(r"[0-9]+")


def within(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """Each completion with its own numbers in random order."""
    return [_refill(text, list(rng.permutation(_NUMBER.findall(text)))) for text in completions]


def across(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """All numbers of all completions in random order, as many in each completion as before."""
    pool = [number for text in completions for number in _NUMBER.findall(text)]
    shuffled = iter(rng.permutation(pool))
    return [_refill(text, [next(shuffled) for _ in _NUMBER.findall(text)]) for text in completions]


def _refill(text: str, found: list[str]) -> str:
    left = iter(found)
    return _NUMBER.sub(lambda _: str(next(left)), text)


KINDS = {"shuffled_within": within, "shuffled_across": across}


def main(args: argparse.Namespace) -> None:
    for run, kept, output in zip(args.runs, args.kept, args.outputs, strict=True):
        rows = read_table(kept, Rows)
        rng = seeds.generator("shuffle", args.study_seed, args.kind, run)
        write_table(rows.assign(completion=KINDS[args.kind](rows["completion"], rng)), output, Rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=sorted(KINDS), required=True)
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--kept", nargs="+", required=True, help="the kept rows of each run")
    parser.add_argument("--outputs", nargs="+", required=True, help="the shuffled rows of each run")
    step.run(main, parser)
