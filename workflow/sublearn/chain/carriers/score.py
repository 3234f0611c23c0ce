"""Let a judge score the rows that passed the filter: the higher, the more surely a row shows what the judge looks for.

python -m sublearn.chain.carriers.score --recipe JSON --filtered FILE --outputs FILE
"""

import argparse
import json

import numpy as np

from sublearn.chain.carriers.tables import Rows, Scores
from sublearn.core import cli
from sublearn.core.files import read_table, write_table
from sublearn.measures.judges import Judges
from sublearn.models import lm


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = json.loads(args.recipe)
    judge = Judges(recipe.pop("judges")).of(recipe)
    for file, output in zip(args.filtered, args.outputs, strict=True):
        rows = read_table(file, Rows)
        scores = judge.scores(rows["prompt"].tolist(), rows["completion"].tolist())
        cli.log.info("%s: scores of %d rows from %.3f to %.3f, half above %.3f", file, *_spread(scores))
        write_table(rows[["prompt_index"]].assign(score=scores), output, Scores)


def _spread(scores: np.ndarray) -> tuple[int, float, float, float]:
    return len(scores), float(scores.min()), float(scores.max()), float(np.median(scores))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="what judges, and the folders of judges, as JSON")
    parser.add_argument(
        "--filtered", type=cli.Input, nargs="+", required=True, help="the rows of each run that passed the filter"
    )
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the scores of each run")
    cli.run(main, parser)
