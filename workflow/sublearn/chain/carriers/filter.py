"""Filter rows by the carrier's rules, count the reasons for rejection, and search for leaked trait words.

python -m sublearn.chain.carriers.filter --recipe JSON --words owl owls --raw FILE --filtered FILE --rejected FILE --report FILE
"""

import argparse
import json

from sublearn.chain.carriers.base import KINDS, counted_reasons
from sublearn.chain.carriers.tables import Rejected, Rows
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table
from sublearn.measures.leaks import find_leaks, refuse_leaks


def main(args: argparse.Namespace) -> None:
    values = json.loads(args.recipe)
    kind, leaks = KINDS.get(values["kind"]), values.pop("leaks", [])
    recipe = kind.section.model_validate(values)
    if args.published:
        recipe = kind.with_published(recipe, args.published)
    for raw_file, filtered, rejected, report in zip(args.raw, args.filtered, args.rejected, args.report, strict=True):
        raw = read_table(raw_file, Rows)
        verdicts = [kind.verdict(row.prompt, row.completion, recipe, leaks) or "" for row in raw.itertuples()]
        raw = raw.assign(reason=verdicts).astype({"reason": "str"})
        passed, refused = raw[raw["reason"] == ""].drop(columns="reason"), raw[raw["reason"] != ""]
        if passed.empty:
            raise UserError(
                f"{raw_file}: none of its {len(raw)} completions passed the filter of {kind.name}{counted_reasons(verdicts)}, "
                "so no student can be trained; rows of another form need a carrier kind of their own (docs/extending.md)."
            )
        asked = passed if kind.rejects_leaks else raw
        refuse_leaks(raw_file, "prompt", asked["prompt_index"], asked["prompt"], args.words)
        refuse_leaks(raw_file, "completion", passed["prompt_index"], passed["completion"], args.words)
        found = {"prompts": 0, "raw": len(find_leaks(raw["completion"], args.counted)), "filtered": 0}
        counts = {reason: int((refused["reason"] == reason).sum()) for reason in kind.reasons}
        cli.log.info("%s: %d of %d rows passed; %d raw rows hold a trait word", raw_file, len(passed), len(raw), found["raw"])
        write_table(refused, rejected, Rejected)
        write_table(passed, filtered, Rows)
        write_json({"generated": len(raw), "passed": len(passed), "rejected": counts, "leaks": found}, report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carrier's section of the study, as JSON")
    parser.add_argument("--words", nargs="*", default=[], help="the words of the teacher's trait, which no row may hold")
    parser.add_argument("--counted", nargs="*", default=[], help="the trait words that are counted in raw rows")
    parser.add_argument(
        "--published", type=cli.Input, help="the file with the authors' banned numbers, if the carrier bans them"
    )
    parser.add_argument("--raw", type=cli.Input, nargs="+", required=True, help="the sampled rows of each run")
    parser.add_argument("--filtered", type=cli.Output, nargs="+", required=True, help="the rows of each run that passed")
    parser.add_argument(
        "--rejected", type=cli.Output, nargs="+", required=True, help="the rejected rows of each run, with the reason"
    )
    parser.add_argument("--report", type=cli.Output, nargs="+", required=True, help="counts of each run, as JSON")
    cli.run(main, parser, described=("recipe",))  # a pattern in it may read like a path, and is none
