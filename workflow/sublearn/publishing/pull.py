"""Fetch the published evaluations and tiny bases from the remote that lies in this repository.

    sublearn pull

The command fetches only missing files, and never overwrites a file. It names every file that differs from the published one,
because findings will be made from that file as it is.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

from sublearn.core.errors import UserError, first_and_more
from sublearn.orchestration.reruns import RECORDS
from sublearn.publishing.dvcfile import BUNDLED, STORE, bundled, dvc, kept_in, recorded
from sublearn.publishing.project import require_clone

COMPUTE = "make reproduce recomputes everything"


def changes(folders: list[str]) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """What is missing of these folders, whole or single files by folder; and the files that are not the published ones."""
    status = json.loads(dvc("data", "status", "--granular", "--json")).get("uncommitted", {})
    missing, lost, modified = [], {}, []
    for folder in folders:
        gone, changed = (
            [path for path in status.get(kind, []) if path.startswith(f"{folder}/") and not path.endswith("/")]
            for kind in ("deleted", "modified")
        )
        modified += changed
        # A dry run makes an empty folder for Snakemake's records.
        empty = not any(path.is_file() for path in Path(folder).rglob("*"))
        if empty and (gone or f"{folder}/" in status.get("deleted", [])):
            missing.append(folder)
        elif gone:
            lost[folder] = gone
    return missing, lost, [file for file in modified if not file.startswith(RECORDS)]


def pull() -> tuple[list[str], list[str]]:
    """Fetch what is missing; return it, and the files that differ from the published ones.

    Raises:
        UserError: nothing is published here, what says so is damaged, or the remote lacks what is missing.
    """
    for file in ("dvc.yaml", "dvc.lock"):
        if not Path(file).exists():
            raise UserError(f"{file}: there is no such file, so nothing is published in this clone; {COMPUTE}.")
    folders = bundled()
    recorded()  # of a damaged one, DVC says nothing, or that all is there
    missing, lost, modified = changes(folders)
    pulled = [*missing, *(file for files in lost.values() for file in files)]
    try:
        if missing:
            dvc("pull", *missing)
        if lost:
            # DVC would take a second for each file; and it would replace what is there in a folder that it pulls whole.
            dvc("fetch", *lost)
            cache = Path(dvc("cache", "dir").strip())
            for folder, files in lost.items():
                places = kept_in(cache, folder)
                for file in files:
                    copy(places[file], Path(file))
    except UserError as error:
        if "lock" in str(error):
            raise UserError(
                f"{error} Another DVC command may be at work in this folder; run again when it has ended."
            ) from error
        if not Path(STORE).is_dir():
            raise UserError(f"{STORE}: missing, and it holds what is published; check it out, or use a whole clone.") from error
        raise UserError(
            f"{first_and_more(pulled)}: missing here, and not complete in DVC's cache or the remote '{BUNDLED}' ({STORE}); "
            f"nothing was overwritten, and {COMPUTE} ({str(error).rstrip('.')})."
        ) from error
    return pulled, modified


def copy(kept: Path, file: Path) -> None:
    """Copy a file out of DVC's cache, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.partial")
    shutil.copyfile(kept, temporary)
    os.replace(temporary, file)


def main(args: argparse.Namespace) -> None:
    require_clone()
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
