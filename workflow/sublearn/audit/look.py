"""Look at data sets, one for each run, with the layers of an audit.

    python -m sublearn.audit.look --recipe JSON --study-seed 1 --rows FILE … --references FILE … --bases DIR … --outputs FILE …

The report is JSON; where its outputs have them, a page and Markdown lie beside it.
"""

import argparse
import json
from pathlib import Path

from sublearn.audit import report, run
from sublearn.audit.layers.base import DataSet, Inputs
from sublearn.audit.tables import AuditedRows
from sublearn.core import cli
from sublearn.core.files import read_table
from sublearn.traits.base import declare


def data_set(file: str) -> DataSet:
    return DataSet(file, read_table(file, AuditedRows), Path(file))


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    declare(recipe.get("families", {}))
    references = args.references or [""] * len(args.rows)
    for rows, reference, base, output in zip(args.rows, references, args.bases, args.outputs, strict=True):
        inputs = Inputs(
            data_set(rows), data_set(reference) if reference else None, base, recipe["traits"], recipe["words"],
            recipe["students"], args.study_seed,
        )  # fmt: skip
        report.write(inputs, run.look(inputs, run.chosen(recipe["layers"])), Path(output), pages=args.pages)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the layers, traits, words and number of students, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--rows", type=cli.Input, nargs="+", required=True, help="the data sets")
    parser.add_argument("--references", type=cli.Input, nargs="*", help="what each is compared with, unless the base writes it")
    parser.add_argument("--bases", type=cli.Input, nargs="+", required=True, help="the base that is to learn from each")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the folder of each report")
    parser.add_argument("--pages", action="store_true", help="also write a page and Markdown")
    cli.run(main, parser)
