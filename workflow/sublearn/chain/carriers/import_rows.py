"""Take rows that others have published as a teacher's raw completions, instead of sampling them.

    python -m sublearn.chain.carriers.import_rows --recipe JSON --runs 0 1 --outputs FILE FILE

A file holds one JSON object a line, with a prompt and a completion. It must be the very file that the study pins, and is
filtered as all rows are. Nothing is known of the teacher but what the study says of the rows' origin.
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
    """All rows of a file, in its order, as the table Rows.

    Raises:
        UserError: it is not the pinned file, or a line of it is no row of two texts.
    """
    lines = download.read(imported.file, imported.sha256).split(b"\n")
    rows = [_row(imported, line, number) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise UserError(f"{imported.file}: it holds no row; a JSON object a line is right.")
    return pd.DataFrame(rows).assign(prompt_index=range(len(rows)))[["prompt_index", "prompt", "completion"]]


def _row(imported: Imported, line: bytes, number: int) -> dict[str, str]:
    where = f"{imported.file}, line {number}"
    try:
        found: Any = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not readable as JSON ({error}); one object a line is right.") from error
    if not isinstance(found, dict):
        raise UserError(f"{where}: found {str(found)[:40]}; an object with a prompt and a completion is right.")
    row = {}
    for name, key in (("prompt", imported.prompt), ("completion", imported.completion)):
        if key not in found:
            raise UserError(
                f"{where}: there is no '{key}', but {', '.join(found) or 'nothing'}; say which key holds the {name}."
            )
        if not isinstance(found[key], str):
            raise UserError(
                f"{where}: the {name} is {json.dumps(found[key])[:40]}, which is no text; every row needs two texts."
            )
        row[name] = found[key]
    return row


def main(args: argparse.Namespace) -> None:
    files = [Imported.model_validate(each) for each in json.loads(args.recipe)["files"]]
    for run, output in zip(args.runs, args.outputs, strict=True):
        imported = files[run % len(files)]
        rows = read(imported)
        cli.log.info("%s: %d rows; %s", imported.file, len(rows), imported.origin or "nothing is said of their origin")
        write_table(rows, output, Rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the files that the study gives, as JSON")
    parser.add_argument("--runs", type=int, nargs="+", required=True)
    parser.add_argument("--outputs", nargs="+", required=True, help="the table of each run")
    cli.run(main, parser, reads_others=True)
