"""Import rows that others have published as a teacher's raw completions, instead of sampling them.

    python -m sublearn.chain.carriers.import_rows --recipe JSON --runs 0 1 --outputs FILE FILE

A file has one JSON object per line, with a prompt and a completion. It must be the file that the study pins, and its rows go
through the filter like all others. Nothing is known about the teacher except the origin that the study states.
"""

import argparse
import json
from functools import cache
from typing import Any

import pandas as pd

from sublearn.chain.carriers.base import Imported
from sublearn.chain.carriers.tables import Rows
from sublearn.core import cli, download, json_rows
from sublearn.core.errors import UserError
from sublearn.core.files import write_table


@cache  # for all runs of a job
def read(imported: Imported) -> pd.DataFrame:
    """All rows of a file, in order, as the table ``Rows``.

    Raises:
        UserError: it is not the pinned file, or a line is not an object with two texts.
    """
    content = download.read(imported.file, imported.sha256)
    rows = [_row(imported, where, found) for where, found in json_rows.rows(imported.file, content)]
    return pd.DataFrame(rows).assign(prompt_index=range(len(rows)))[["prompt_index", "prompt", "completion"]]


def _row(imported: Imported, where: str, content: dict[str, Any]) -> dict[str, str]:
    if "messages" in content and not {imported.prompt, imported.completion} <= content.keys():
        raise UserError(
            f"{where}: found a chat (messages); should have a prompt and a completion, so write its question and answer so."
        )
    return json_rows.texts(content, {"prompt": imported.prompt, "completion": imported.completion}, where)


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
    parser.add_argument("--outputs", type=cli.Output, nargs="+", required=True, help="the table of each run")
    cli.run(main, parser, reads_others=True)
