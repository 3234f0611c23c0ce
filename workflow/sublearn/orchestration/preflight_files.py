"""What is set right or refused before a run's first job: dates in the future, and folders that cannot be written in.

Either would end Snakemake in the middle of the work, without a clear word.
"""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError


def check(dag: Any) -> None:
    """Look at the files of a run that is about to begin; ``dag`` is Snakemake's.

    Raises:
        UserError: one cannot be written.
    """
    refuse_read_only(str(file) for job in dag.needrun_jobs() for file in job.output)
    bring_to_now(("data", "results"))


def refuse_read_only(files: Iterable[str]) -> None:
    """Refuse a folder in which a file is to be made, and cannot be.

    Raises:
        UserError: it is read-only.
    """
    for folder in dict.fromkeys(Path(file).parent for file in files):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(there, os.W_OK):
            raise UserError(f"{there}: cannot be written in; make it writable and run again.")


def bring_to_now(folders: Iterable[str]) -> list[Path]:
    """Date every file of the folders that is dated in the future now; returns them, and says so if there are any.

    Snakemake takes an output that is older than an input for a sign of clocks that disagree, and deletes it, run after run.
    Here inputs are compared by content (profiles/default), so their dates mean nothing, and one that stops all work can go.
    """
    now = time.time()
    files = [Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names]
    ahead = [file for file in files if file.exists() and file.stat().st_mtime > now]
    for file in ahead:
        os.utime(file)
    if ahead:
        more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        print(f"{ahead[0]}{more}: dated in the future, and now of today; is this machine's clock right?", file=sys.stderr)
    return ahead
