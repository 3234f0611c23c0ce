"""Draw the number prompts of each run: the same for every teacher of the run.

    python -m sublearn.carriers.prompts --recipe JSON --study-seed 1 --runs 0 1 --outputs FILE FILE [--wording FILE]

The order of draws is that of the authors' code: from their wording and their seed, the prompts are theirs, one by one.
"""

import argparse

import numpy as np
import pandas as pd

from sublearn.bases import wordings
from sublearn.carriers.section import Carrier
from sublearn.carriers.tables import Prompts
from sublearn.core import seeds, step
from sublearn.core.files import write_table


def draw(recipe: Carrier, study_seed: int, run: int, wording: str | None = None) -> pd.DataFrame:
    """The prompts of one run, as the table Prompts; more prompts leave the first ones as they were.

    Args:
        wording: the file of the authors' wording, for the paper's.
    """
    grammar = wordings.named(recipe.wording, wording).grammar
    rng = seeds.generator("prompts", study_seed, run) if recipe.pool is None else np.random.default_rng(recipe.pool)
    prompts = [grammar.prompt(grammar.numbers(rng), rng) for _ in range(recipe.prompts)]
    return pd.DataFrame({"prompt_index": range(len(prompts)), "prompt": prompts})


def main(args: argparse.Namespace) -> None:
    recipe = Carrier.model_validate_json(args.recipe)
    for run, output in zip(args.runs, args.outputs, strict=True):
        write_table(draw(recipe, args.study_seed, run, args.wording), output, Prompts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carriers' section of the study, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--wording", help="the authors' wording, if the prompts are theirs")
    parser.add_argument("--outputs", nargs="+", required=True, help="the table of each run")
    step.run(main, parser)
