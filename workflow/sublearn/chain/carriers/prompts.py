"""Draw the prompts of each run; all teachers of a run answer the same ones.

python -m sublearn.chain.carriers.prompts --recipe JSON --study-seed 1 --runs 0 1 --outputs FILE FILE
"""

import argparse
import json

import pandas as pd

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Prompts
from sublearn.core import cli
from sublearn.core.files import write_table
from sublearn.language.style import named


def main(args: argparse.Namespace) -> None:
    values = json.loads(args.recipe)
    kind = KINDS.get(values["kind"])
    style = named(values.pop("style"), args.published)
    recipe = kind.section.model_validate(values)
    for run, output in zip(args.runs, args.outputs, strict=True):
        prompts = kind.prompts(recipe, style, args.study_seed, run)
        write_table(pd.DataFrame({"prompt_index": range(len(prompts)), "prompt": prompts}), output, Prompts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carrier's section of the study and its prompt style, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--published", type=cli.Input, help="the file with the authors' prompts, if the study uses them")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the table of each run")
    cli.run(main, parser)
