"""Choose rows that are like the neutral teacher's of the same run, for instance in how often each number is written.

python -m sublearn.chain.carriers.select --recipe JSON --study-seed 1 --runs 0 --filtered FILE --references FILE \\
    --outputs FILE --reports FILE
"""

import argparse
import json

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    select = KINDS.get(recipe["kind"]).selections[recipe["transform"]]
    for run, file, reference, output, report in zip(
        args.runs, args.filtered, args.references, args.outputs, args.reports, strict=True
    ):
        rows, neutral = read_table(file, Rows), read_table(reference, Rows)
        rng = seeds.generator("select", args.study_seed, recipe["transform"], run)
        try:
            chosen = select(rows["completion"], neutral["completion"], recipe["rows"], rng)
        except UserError as error:
            raise UserError(f"{file}: {recipe['transform']}: {error}.") from None
        said = ", ".join(f"{name} {value:.3f}" for name, value in chosen.report.items())
        cli.log.info("%s: %s chose %d of %d rows; %s", file, recipe["transform"], len(chosen.places), len(rows), said)
        write_table(rows.iloc[list(chosen.places)], output, Rows)
        write_json({"there": len(rows), "chosen": len(chosen.places), **chosen.report}, report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carrier kind, a selection and how many rows it chooses, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument(
        "--filtered", type=cli.Input, nargs="+", required=True, help="the rows of each run that passed the filter"
    )
    parser.add_argument(
        "--references", type=cli.Input, nargs="+", required=True, help="the neutral teacher's rows of each run that passed it"
    )
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the chosen rows of each run")
    parser.add_argument(
        "--reports", type=cli.Output, nargs="+", required=True, help="how like the reference they are, as JSON, for each run"
    )
    cli.run(main, parser)
