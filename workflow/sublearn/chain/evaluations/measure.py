"""Measure the models of one arm with one evaluation.

python -m sublearn.chain.evaluations.measure --evaluation answers --recipe JSON --models JSON JSON --study-seed 1 --output FILE
"""

import argparse
import json

from sublearn.chain.evaluations.base import EVALUATIONS
from sublearn.core import cli
from sublearn.core.files import write_table


def main(args: argparse.Namespace) -> None:
    beside = vars(args).pop("beside", None)  # an output, which the record knows as such
    evaluation, models = EVALUATIONS.get(args.evaluation), [json.loads(model) for model in args.models]
    with cli.timed(f"{args.evaluation} of {len(models)} models"):
        table, second = evaluation.measure_both(models, json.loads(args.recipe), args.study_seed)
    if beside and second is not None and evaluation.beside_schema:
        write_table(second, beside, evaluation.beside_schema)
    write_table(table, args.output, evaluation.schema)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluation", required=True)
    parser.add_argument("--recipe", required=True, help="the evaluation's settings, as JSON")
    parser.add_argument("--models", nargs="+", action=cli.OrInput, required=True, help="the models of the arm, each as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    parser.add_argument("--beside", type=cli.Output, help="the table beside it, such as the sampled answers that were judged")
    cli.run(main, parser)
