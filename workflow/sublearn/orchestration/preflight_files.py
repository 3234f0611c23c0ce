"""Before a run's first job, check for times in the future and read-only folders, and remove what a forced run must not use.

Times in the future and read-only folders would stop Snakemake in the middle of a run, without a clear message.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError, first_and_more

UNFINISHED = (".checkpoints", ".chunks")  # as models.checkpoints and models.sampling name them; importing those takes seconds


def check(dag: Any) -> None:
    """Check the files of a run that is about to start; ``dag`` is Snakemake's, and its files are locked.

    Raises:
        UserError: an output folder is read-only, or an input is dated in the future and cannot be dated otherwise.
    """
    jobs = list(dag.needrun_jobs())
    written = [str(file) for job in jobs for file in job.output]
    refuse_read_only(written)
    bring_to_now(("data", "results"), {str(file) for job in jobs for file in job.input})
    if dag.workflow.dag_settings.forceall:
        forget_unfinished(written)


def refuse_read_only(files: Iterable[str]) -> None:
    """Refuse output folders that cannot be written to.

    Raises:
        UserError: a folder is read-only.
    """
    for folder in dict.fromkeys(Path(file).parent for file in files):
        existing = next(place for place in (folder, *folder.parents) if os.path.exists(place))
        if not os.access(existing, os.W_OK):
            raise UserError(f"{existing}: cannot be written to; make it writable and run again.")


def bring_to_now(folders: Iterable[str], read: Iterable[str] = ()) -> list[Path]:
    """Reset modification times in the future to now; print a warning if there are any, and return the files.

    If an output is older than its input, Snakemake concludes that clocks disagree and deletes the output, run after run.
    This workflow compares inputs by content (``reruns``), so their times mean nothing and may be changed.

    Args:
        folders: where to look.
        read: the inputs of the run; the time of a file that nobody reads does no harm.

    Raises:
        UserError: the time of an input cannot be reset, for example because the file belongs to another user.
    """
    now = time.time()
    files = [Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names]
    read, reset = set(read), list[Path]()
    kept = dict[Path, str]()
    for file in [file for file in files if os.access(file, os.F_OK) and file.stat().st_mtime > now]:
        try:
            os.utime(file)
            reset.append(file)
        except OSError as error:
            kept[file] = str(error.strerror)
    if reset:
        message = "had a modification time in the future; reset to now. Check this machine's clock."
        print(f"{first_and_more(reset)}: {message}", file=sys.stderr)
    if harmful := [file for file in kept if str(file) in read]:
        raise UserError(
            f"{first_and_more(harmful)}: has a modification time in the future that cannot be reset ({kept[harmful[0]]}), "
            "so Snakemake would delete what is made from it; let its owner touch it, or put a copy of your own in its place."
        )
    return reset


def forget_unfinished(files: Iterable[str]) -> None:
    """Remove the checkpoints and chunks of interrupted steps where this run writes, since ``--forceall`` begins anew."""
    for folder in dict.fromkeys(Path(file).parent for file in files):
        for name in UNFINISHED:
            shutil.rmtree(folder / name, ignore_errors=True)
