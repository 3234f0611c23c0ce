"""Evaluate the student's first step in every draw and under every condition.

    python -m sublearn.theory.first_steps --recipe JSON --study-seed 1 --output FILE

The bases, teachers and students of a draw exist for milliseconds in this process. They are not stored, because the seed
determines them.
"""

import argparse
import json
from typing import Any

import pandas as pd
import torch

from sublearn.core import cli
from sublearn.core.files import write_table
from sublearn.theory.conditions import CONDITIONS
from sublearn.theory.draws import Draw, draw
from sublearn.theory.labels import text
from sublearn.theory.tables import FirstSteps


def rows(drawn: Draw, recipe: dict[str, Any], study_seed: int, number: int) -> list[dict[str, Any]]:
    """One row for each value of each condition."""
    records = []
    for condition, vary in CONDITIONS.items():
        for outcome in vary(drawn, recipe, (study_seed, number)):
            steps = outcome.step if isinstance(outcome.step, list) else [outcome.step] * len(outcome.values)
            leading = [None] * len(steps) if outcome.leading is None else outcome.leading.tolist()
            columns = (outcome.values, steps, outcome.inner.tolist(), outcome.cosine.tolist(), outcome.change.tolist(), leading)
            for value, length, inner, cosine, change, predicted in zip(*columns, strict=True):
                records.append({
                    "draw": number, **drawn.kinds, "parameters": drawn.network.parameters, "condition": condition,
                    "step": length, "value": text(value), "inner": inner, "cosine": cosine, "leading": predicted,
                    "change": change,
                })  # fmt: skip
    return records


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    recipe = json.loads(args.recipe)
    records = []
    with cli.timed("first steps"):
        for number in cli.progress(range(recipe["draws"]), "draws"):
            records += rows(draw(recipe, args.study_seed, number), recipe, args.study_seed, number)
    write_table(pd.DataFrame(records, columns=list(FirstSteps.to_schema().columns)), args.output, FirstSteps)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the study without its trajectory and claims, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
