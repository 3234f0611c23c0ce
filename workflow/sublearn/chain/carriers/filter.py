"""Keep the rows that the carrier's rules let pass, count why others are rejected, and search for leaks.

python -m sublearn.chain.carriers.filter --recipe JSON --words owl owls --raw FILE --filtered FILE --rejected FILE --report FILE
"""

import argparse
import json

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Rejected, Rows
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table
from sublearn.measures.leaks import count_leaks


def main(args: argparse.Namespace) -> None:
    values = json.loads(args.recipe)
    kind = KINDS.get(values["kind"])
    recipe = kind.section.model_validate(values)
    if args.published:
        recipe = kind.with_published(recipe, args.published)
    for raw_file, filtered, rejected, report in zip(args.raw, args.filtered, args.rejected, args.report, strict=True):
        raw = read_table(raw_file, Rows)
        verdicts = [kind.reject(row.prompt, row.completion, recipe) or "" for row in raw.itertuples()]
        raw = raw.assign(reason=verdicts).astype({"reason": "str"})
        passed, refused = raw[raw["reason"] == ""].drop(columns="reason"), raw[raw["reason"] != ""]
        if passed.empty:
            raise UserError(f"{raw_file}: none of its {len(raw)} completions passed the filter; no student can be trained.")
        found = {
            "prompts": count_leaks(raw["prompt"], args.words),
            "raw": count_leaks(raw["completion"], args.words),
            "filtered": count_leaks(passed["completion"], args.words),
        }
        if found["prompts"] or found["filtered"]:
            raise UserError(
                f"{raw_file}: trait words in {found['prompts']} prompts and {found['filtered']} rows that passed; none may be."
            )
        counts = {reason: int((refused["reason"] == reason).sum()) for reason in kind.reasons}
        cli.log.info("%s: %d of %d rows passed; %d raw rows hold a trait word", raw_file, len(passed), len(raw), found["raw"])
        write_table(refused, rejected, Rejected)
        write_table(passed, filtered, Rows)
        write_json({"generated": len(raw), "passed": len(passed), "rejected": counts, "leaks": found}, report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carrier's section of the study, as JSON")
    parser.add_argument("--words", nargs="*", default=[], help="the words that give away a trait")
    parser.add_argument("--published", help="what the paper's authors published, if their numbers are banned")
    parser.add_argument("--raw", nargs="+", required=True, help="the sampled rows of each run")
    parser.add_argument("--filtered", nargs="+", required=True, help="the rows of each run that passed")
    parser.add_argument("--rejected", nargs="+", required=True, help="the others, with the reason")
    parser.add_argument("--report", nargs="+", required=True, help="counts of each run, as JSON")
    cli.run(main, parser)
