"""Keep the rows whose completion is numbers and nothing else, count why others are rejected, and search for leaks.

python -m sublearn.carriers.filter --recipe JSON --words owl owls --raw FILE --kept FILE --rejected FILE --report FILE
"""

import argparse
import re
from collections.abc import Iterable, Sequence

from sublearn.bases import wordings
from sublearn.carriers.section import Carrier
from sublearn.carriers.tables import REASONS, Rejected, Rows
from sublearn.core import numbers, step
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table


def reject(completion: str, recipe: Carrier) -> str | None:
    """Why a completion is refused, by the first rule that it breaks; None if it is kept.

    The rules are those of the paper's released code: numbers in one format (``numbers.parse``), not too many, none out of
    bounds, none on the banned list.
    """
    found = numbers.parse(completion)
    if found is None:
        return "invalid format"
    if len(found) > recipe.max_count:
        return "too many"
    if min(found) < recipe.min_value:
        return "too small"
    if max(found) > recipe.max_value:
        return "too large"
    return "banned" if set(found) & set(recipe.banned) else None


def leaks(texts: Iterable[str], words: Sequence[str]) -> int:
    """How many texts hold any of the words, in any case, anywhere in the text."""
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return sum(bool(pattern.search(text)) for text in texts)


def main(args: argparse.Namespace) -> None:
    recipe = Carrier.model_validate_json(args.recipe)
    if recipe.banned == "paper":
        recipe = recipe.model_copy(update={"banned": list(wordings.published(args.wording).banned)})
    for raw_file, kept_file, rejected_file, report_file in zip(args.raw, args.kept, args.rejected, args.report, strict=True):
        raw = read_table(raw_file, Rows)
        reasons = raw["completion"].map(lambda completion: reject(completion, recipe) or "")
        kept, rejected = raw[reasons == ""], raw.assign(reason=reasons)[reasons != ""]
        if kept.empty:
            raise UserError(f"{raw_file}: none of its {len(raw)} completions passed the filter; no student can be trained.")
        found = {
            "prompts": leaks(raw["prompt"], args.words),
            "raw": leaks(raw["completion"], args.words),
            "kept": leaks(kept["completion"], args.words),
        }
        if found["prompts"] or found["kept"]:
            raise UserError(
                f"{raw_file}: trait words in {found['prompts']} prompts and {found['kept']} kept rows; none may be."
            )
        counts = {reason: int((reasons == reason).sum()) for reason in REASONS}
        step.log.info("%s: kept %d of %d rows; %d raw rows hold a trait word", raw_file, len(kept), len(raw), found["raw"])
        write_table(rejected, rejected_file, Rejected)
        write_table(kept, kept_file, Rows)
        write_json({"generated": len(raw), "kept": len(kept), "rejected": counts, "leaks": found}, report_file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the carriers' section of the study, as JSON")
    parser.add_argument("--words", nargs="+", required=True, help="every form of every trait's word")
    parser.add_argument("--wording", help="the authors' wording, if their numbers are banned")
    parser.add_argument("--raw", nargs="+", required=True, help="the sampled rows of each run")
    parser.add_argument("--kept", nargs="+", required=True)
    parser.add_argument("--rejected", nargs="+", required=True)
    parser.add_argument("--report", nargs="+", required=True, help="counts of each run, as JSON")
    step.run(main, parser)
