"""Leave out the rows that a judge scored at its threshold or above.

python -m sublearn.chain.carriers.keep --recipe JSON --filtered FILE --scores FILE --outputs FILE --reports FILE
"""

import argparse
import json

from sublearn.chain.carriers.tables import Rows, Scores
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table


def main(args: argparse.Namespace) -> None:
    threshold = json.loads(args.recipe)["threshold"]
    for file, scored, output, report in zip(args.filtered, args.scores, args.outputs, args.reports, strict=True):
        rows, scores = read_table(file, Rows), read_table(scored, Scores)
        below = rows.merge(scores, on="prompt_index", how="left", validate="one_to_one").eval("score < @threshold")
        if not below.any():
            raise UserError(
                f"{file}: its judge scored all of its {len(rows)} rows {threshold:g} or higher, so no student can be trained; "
                "raise the threshold, or take another judge."
            )
        cli.log.info("%s: %d of %d rows are below %g", file, below.sum(), len(rows), threshold)
        write_table(rows[below.to_numpy()], output, Rows)
        write_json({"there": len(rows), "kept": int(below.sum()), "threshold": threshold}, report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the threshold, as JSON")
    parser.add_argument(
        "--filtered", type=cli.Input, nargs="+", required=True, help="the rows of each run that passed the filter"
    )
    parser.add_argument("--scores", type=cli.Input, nargs="+", required=True, help="what the judge says of each of them")
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the rows of each run that are left")
    parser.add_argument("--reports", type=cli.Output, nargs="+", required=True, help="counts of each run, as JSON")
    cli.run(main, parser)
