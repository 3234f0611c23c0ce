"""Check files before a run's first job: reset modification times in the future, and refuse read-only folders.

Either problem would stop Snakemake in the middle of a run, without a clear message.
"""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError


def check(dag: Any) -> None:
    """Check the files of a run that is about to start; ``dag`` is Snakemake's.

    Raises:
        UserError: an output folder is read-only.
    """
    refuse_read_only(str(file) for job in dag.needrun_jobs() for file in job.output)
    bring_to_now(("data", "results"))


def refuse_read_only(files: Iterable[str]) -> None:
    """Refuse output folders that cannot be written to.

    Raises:
        UserError: a folder is read-only.
    """
    for folder in dict.fromkeys(Path(file).parent for file in files):
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(existing, os.W_OK):
            raise UserError(f"{existing}: cannot be written to; make it writable and run again.")


def bring_to_now(folders: Iterable[str]) -> list[Path]:
    """Reset modification times in the future to now; print a warning if there are any, and return the files.

    If an output is older than its input, Snakemake concludes that clocks disagree and deletes the output, run after run.
    This workflow compares inputs by content (``reruns``), so their times mean nothing and may be changed.
    """
    now = time.time()
    files = [Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names]
    ahead = [file for file in files if file.exists() and file.stat().st_mtime > now]
    for file in ahead:
        os.utime(file)
    if ahead:
        more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        message = "had a modification time in the future; reset to now. Check this machine's clock."
        print(f"{ahead[0]}{more}: {message}", file=sys.stderr)
    return ahead
