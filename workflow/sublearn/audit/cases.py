"""Make data sets whose truth is known, from rows of a study's teachers.

    python -m sublearn.audit.cases --recipe JSON --study-seed 1 --runs 0 --own FILE --neutral FILE --words WORD --outputs FILE …

A data set is never compared with rows that are in it: the reference is the last rows of the neutral teacher, and what a case
takes from that teacher are first rows. Of neutral data sets as large as their reference, every second is the one before it the
other way round.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from sublearn.audit.section import Case
from sublearn.audit.tables import REFERENCE, ROWS, AuditedRows
from sublearn.chain.carriers.numbers import shuffle
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_table

NUMBER = re.compile("[0-9]+")


def take(file: str, rows: int, piece: int, reference: int = 0) -> pd.DataFrame:
    """A piece of so many rows of a table: the first, the second …, or from -1 on the last.

    Args:
        reference: the rows of the reference, which are the table's last and in no other piece.

    Raises:
        UserError: the table is too short.
    """
    table = read_table(file, Rows)
    if len(table) < (needed := max(piece + 1, 1) * rows + reference):
        raise UserError(f"{file}: {len(table)} rows, but the data sets need {needed}; ask for fewer rows or sets.")
    return table.tail(rows) if piece < 0 else table.iloc[piece * rows : (piece + 1) * rows]


def sorted_rows(completions: pd.Series) -> list[str]:
    """The numbers of each row in rising order, in the row's own format."""
    return [shuffle.refill(text, sorted(NUMBER.findall(text), key=int)) for text in completions]


def reformatted(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """The numbers of each row, with the separators of another row."""
    others = completions.to_numpy()[rng.permutation(len(completions))]
    found = [NUMBER.split(other) for other in others]
    between = [pieces[1] if len(pieces) > 2 else " " for pieces in found]
    return [mark.join(NUMBER.findall(text)) for text, mark in zip(completions, between, strict=True)]


def changed(case: Case, own: pd.DataFrame, neutral: pd.DataFrame, word: str, rng: np.random.Generator) -> pd.DataFrame:
    """What becomes of the rows of a case; ``neutral`` are as many rows of the neutral teacher."""
    if case.change == "mixed":
        kept = np.sort(rng.permutation(len(own))[: max(1, round(case.share * len(own)))])
        mixed = pd.concat([own.iloc[kept], neutral.iloc[len(kept) :]])
        return mixed.iloc[rng.permutation(len(mixed))]
    if case.change == "leaked":
        leaky = set(rng.permutation(len(own))[: max(1, round(case.share * len(own)))].tolist())
        texts = [f"{text} {word}" if i in leaky else text for i, text in enumerate(own["completion"])]
        return own.assign(completion=texts)
    if case.change == "sorted":
        return own.assign(completion=sorted_rows(own["completion"]))
    if case.change == "reformatted":
        return own.assign(completion=reformatted(own["completion"], rng))
    if case.change == "shuffled_across":
        return own.assign(completion=shuffle.across(own["completion"], rng))
    return own


def audited(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as an audit reads them."""
    return rows[["prompt", "completion"]].assign(place=[f"row {i}" for i in range(len(rows))])


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    case, count = Case.model_validate(recipe["case"]), recipe["rows"]
    kept = recipe.get("reference_rows", count)
    piece, turned = 0, 0
    if case.writer == "neutral":
        piece, turned = divmod(recipe["set"], 2) if kept == count else (recipe["set"], 0)
    for run, own, neutral, word, output in zip(args.runs, args.own, args.neutral, args.words, args.outputs, strict=True):
        rng = seeds.generator("audit case", args.study_seed, recipe["name"], recipe["set"], run)
        mine = take(own, count, piece, reference=kept if case.writer == "neutral" else 0)
        rows = changed(case, mine, take(neutral, count, 0, reference=kept), word, rng)
        reference = take(neutral, kept, -1)
        for table, name in zip((reference, rows) if turned else (rows, reference), (ROWS, REFERENCE), strict=True):
            write_table(audited(table), Path(output) / name, AuditedRows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the case, its name, the number of the data set and its rows, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--own", type=cli.Input, nargs="+", required=True, help="the rows of each run's teacher")
    parser.add_argument(
        "--neutral", type=cli.Input, nargs="+", required=True, help="the rows of the neutral teacher of each audited base"
    )
    parser.add_argument("--words", nargs="+", required=True, help="the word of each run's trait")
    parser.add_argument(
        "--outputs", type=cli.Output, nargs="+", required=True, help="the folder of each run's data set and its reference"
    )
    cli.run(main, parser, one_each=("words",))
