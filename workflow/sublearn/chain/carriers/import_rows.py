"""Import rows that others have published as a teacher's raw completions, instead of sampling them.

    python -m sublearn.chain.carriers.import_rows --recipe JSON --runs 0 1 --outputs FILE FILE

A file has one JSON object per line, with a prompt and a completion. It must be the file that the study pins, and its rows go
through the filter like all others. Nothing is known about the teacher except the origin that the study states.
"""

import argparse
import json
from typing import Any

import pandas as pd

from sublearn.chain.carriers.base import Imported
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli, download
from sublearn.core.errors import UserError
from sublearn.core.files import write_table


def read(imported: Imported) -> pd.DataFrame:
    """All rows of a file, in order, as the table ``Rows``.

    Raises:
        UserError: it is not the pinned file, or a line is not an object with two texts.
    """
    lines = download.read(imported.file, imported.sha256).split(b"\n")
    rows = [_row(imported, line, number) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise UserError(f"{imported.file}: it holds no row; should have one JSON object per line.")
    return pd.DataFrame(rows).assign(prompt_index=range(len(rows)))[["prompt_index", "prompt", "completion"]]


def _row(imported: Imported, line: bytes, number: int) -> dict[str, str]:
    where = f"{imported.file}, line {number}"
    try:
        content: Any = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not readable as JSON ({error}); should be one object per line.") from error
    if not isinstance(content, dict):
        raise UserError(f"{where}: found {str(content)[:40]}; should be an object with a prompt and a completion.")
    row = {}
    for name, key in (("prompt", imported.prompt), ("completion", imported.completion)):
        if key not in content:
            raise UserError(
                f"{where}: there is no key '{key}', only {', '.join(content) or 'none'}; name the key that holds the {name}."
            )
        if not isinstance(content[key], str):
            raise UserError(
                f"{where}: the {name} is {json.dumps(content[key])[:40]}, which is no text; every row needs two texts."
            )
        row[name] = content[key]
    return row


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
