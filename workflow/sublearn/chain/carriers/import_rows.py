"""Import rows that others have published as a teacher's raw completions, instead of sampling them.

    python -m sublearn.chain.carriers.import_rows --recipe JSON --runs 0 1 --outputs FILE FILE

A file has one JSON object per line, with a prompt and a completion. It must be the file that the study pins, and its rows go
through the filter like all others. Nothing is known about the teacher except the origin that the study states.
"""

import argparse
import codecs
import json
from collections import Counter
from typing import Any

import pandas as pd

from sublearn.chain.carriers.base import Imported
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli, download
from sublearn.core.errors import UserError
from sublearn.core.files import NOT_TEXT, write_table


def read(imported: Imported) -> pd.DataFrame:
    """All rows of a file, in order, as the table ``Rows``.

    Raises:
        UserError: it is not the pinned file, or a line is not an object with two texts.
    """
    content = download.read(imported.file, imported.sha256)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{imported.file}: the file is encoded as UTF-16; save it as UTF-8, with one JSON object per line.")
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    rows = [_row(imported, line, number) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise UserError(f"{imported.file}: found no row; should have one JSON object per line.")
    return pd.DataFrame(rows).assign(prompt_index=range(len(rows)))[["prompt_index", "prompt", "completion"]]


def _row(imported: Imported, line: bytes, number: int) -> dict[str, str]:
    where = f"{imported.file}, line {number}"
    try:
        content: Any = _values(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not readable as JSON ({error}); should be one object per line.") from error
    if not isinstance(content, dict):
        raise UserError(f"{where}: found {str(content)[:40]}; should be an object with a prompt and a completion.")
    row = {}
    for name, key in (("prompt", imported.prompt), ("completion", imported.completion)):
        if key not in content and "messages" in content:
            raise UserError(
                f"{where}: found a chat (messages); should have a prompt and a completion, so write its question and answer so."
            )
        if key not in content:
            there = ", ".join(list(content)[:5]) or "none"
            raise UserError(f"{where}: there is no key '{key}', only {there}; name the key that holds the {name}.")
        if not isinstance(content[key], str):
            raise UserError(
                f"{where}: the {name} is {json.dumps(content[key])[:40]}, which is no text; every row needs two texts."
            )
        if odd := NOT_TEXT.search(content[key]):
            raise UserError(f"{where}: the {name} holds the character U+{ord(odd[0]):04X}, which no text may hold; remove it.")
        row[name] = content[key]
    return row


def _values(line: bytes) -> Any:
    """What a line of JSON holds.

    Raises:
        ValueError: it is not JSON in UTF-8, or holds what some readers take for something else: NaN, or a key twice.
        RecursionError: it is nested too deeply.
    """

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not valid JSON")

    def whole(digits: str) -> int:
        if len(digits) > 1000:
            raise ValueError(f"a number of {len(digits)} digits")
        return int(digits)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        [(most, count)] = Counter(name for name, _ in pairs).most_common(1) or [("", 1)]
        if count > 1:
            raise ValueError(f"the key '{most}' appears twice")
        return dict(pairs)

    return json.loads(line.decode(), parse_constant=refuse, parse_int=whole, object_pairs_hook=unique)


def main(args: argparse.Namespace) -> None:
    files = [Imported.model_validate(each) for each in json.loads(args.recipe)["files"]]
    for run, output in zip(args.runs, args.outputs, strict=True):
        imported = files[run % len(files)]
        rows = read(imported)
        cli.log.info("%s: %d rows; %s", imported.file, len(rows), imported.origin or "of unstated origin")
        write_table(rows, output, Rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", action=cli.OrInput, required=True, help="the files to import, as JSON")
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--outputs", nargs="+", required=True, help="the table of each run")
    cli.run(main, parser, reads_others=True)
