"""Fetch the published evaluations and tiny bases from the remote that lies in this repository.

    sublearn pull

The command fetches only missing files, and never overwrites a file. It names every file that differs from the published one,
because findings will be made from that file as it is.
"""

import argparse
import json
from contextlib import suppress
from pathlib import Path

import yaml

from sublearn.core.errors import UserError
from sublearn.orchestration.reruns import RECORDS
from sublearn.publishing.dvcfile import BUNDLED, STORE, dvc

COMPUTE = "make reproduce recomputes everything"


def bundled() -> list[str]:
    """The folders that dvc.yaml sends to the bundled remote."""
    outs = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]["studies"]["outs"]
    return [folder for out in outs for folder, keys in out.items() if keys.get("remote") == BUNDLED]


def changes(folders: list[str]) -> tuple[list[str], list[str]]:
    """The missing folders and files of these folders, and the files that differ from the published ones."""
    status = json.loads(dvc("data", "status", "--granular", "--json")).get("uncommitted", {})
    missing, modified = status.get("deleted", []), status.get("modified", [])
    whole = [folder for folder in folders if f"{folder}/" in missing]
    parts = [folder for folder in folders if folder not in whole]

    def within(paths: list[str]) -> list[str]:
        return [path for path in paths if not path.endswith("/") and any(path.startswith(f"{part}/") for part in parts)]

    return [*whole, *within(missing)], [file for file in within(modified) if not file.startswith(RECORDS)]


def pull() -> tuple[list[str], list[str]]:
    """Fetch what is missing; return it, and the files that differ from the published ones.

    Raises:
        UserError: nothing is published here, or the remote lacks what is missing.
    """
    if not Path("dvc.lock").exists():
        raise UserError(f"dvc.lock: there is no such file, so nothing is published in this clone; {COMPUTE}.")
    # Snakemake makes this folder whenever it plans. DVC fetches a missing folder whole, but the files of an empty one by name.
    with suppress(OSError):
        Path(RECORDS).rmdir()
    missing, modified = changes(bundled())
    if missing:
        try:
            dvc("pull", *missing)
        except UserError as error:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise UserError(
                f"{missing[0]}{more}: missing here, and not complete in DVC's cache or the remote '{BUNDLED}' ({STORE}); "
                f"nothing was overwritten, and {COMPUTE} ({str(error).rstrip('.')})."
            ) from error
    return missing, modified


def main(args: argparse.Namespace) -> None:
    missing, modified = pull()
    for file in modified:
        print(f"{file}: not the published one; findings will use it as it is")
    records = [file for file in missing if file.startswith(f"{RECORDS}/")]
    pulled = [
        *(file for file in missing if file not in records),
        *([f"{len(records)} of Snakemake's records"] if records else []),
    ]
    print(f"pulled {', '.join(pulled)}" if pulled else "nothing to pull: all published files are here", flush=True)


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn pull", description=__doc__.splitlines()[0])
