"""Prompts from a file: some of them for each run, drawn without repeats."""

import io
from functools import cache
from pathlib import PurePath
from typing import Any

from sublearn.core import download, json_rows, seeds
from sublearn.core.errors import UserError, first_line
from sublearn.language.style import Style

NEEDED = "every row needs a prompt"


def draw(kind: Any, recipe: Any, style: Style, study_seed: int, run: int) -> list[str]:
    """So many of the file's prompts in an order of the run's own; more prompts begin with the same ones.

    Raises:
        UserError: the file holds fewer, or is not what it should be.
    """
    if recipe.file is None or recipe.sha256 is None:
        raise UserError("carriers: some rows are not imported, so their prompts must be named; add file and sha256.")
    found = read(recipe.file, recipe.sha256, recipe.key)
    if len(found) < recipe.prompts:
        raise UserError(
            f"{recipe.file}: it holds {len(found)} different prompts, but {recipe.prompts} are asked for; ask for fewer."
        )
    order = seeds.generator("prompts of a file", study_seed, run).permutation(len(found))
    return [found[i] for i in order[: recipe.prompts]]


@cache  # for all runs of a job
def read(file: str, sha256: str, key: str) -> tuple[str, ...]:
    """The different prompts of a file, in their order.

    Raises:
        UserError: it is not the pinned file, cannot be read, or a row has no prompt.
    """
    content = download.read(file, sha256)
    suffix = PurePath(file.partition("?")[0]).suffix.lower()
    is_table = suffix in (".csv", ".tsv", ".parquet")
    rows = _of_table(file, content, suffix, key) if is_table else json_rows.rows(file, content, "a prompt")
    texts = []
    for where, row in rows:
        text = json_rows.texts(row, {"prompt": key}, where, NEEDED)["prompt"]
        if not text.strip():
            raise UserError(f"{where}: the prompt is empty; {NEEDED}.")
        texts.append(text)
    return tuple(dict.fromkeys(texts))


def _of_table(file: str, content: bytes, suffix: str, key: str) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a table as JSON lines hold them, with the column of prompts alone."""
    import pandas as pd

    try:
        if suffix == ".parquet":
            table = pd.read_parquet(io.BytesIO(content))
        else:
            options: dict[str, Any] = {"sep": "\t"} if suffix == ".tsv" else {}
            table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig", **options)
    except Exception as error:  # a damaged file can break its reader anywhere
        problem = first_line(error)
        raise UserError(f"{file}: not readable as {suffix.removeprefix('.').upper()} ({problem}).") from error
    if table.empty:
        raise UserError(f"{file}: found no row; should have one prompt per row.")
    if key not in table.columns:
        raise UserError(
            f"{file}: there is no column '{key}', only {', '.join(map(str, table.columns[:5]))}; name the right one."
        )
    return [(f"{file}, row {number}", {key: value}) for number, value in enumerate(table[key].tolist(), start=1)]
