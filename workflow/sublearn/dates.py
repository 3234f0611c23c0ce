"""Files dated in the future, as after a copy from a machine whose clock is ahead: they get today's date.

Snakemake takes each output that is older than an input for a sign of clocks that disagree, and deletes it, run after run. Here
inputs are compared by content (profiles/default), so their dates mean nothing, and a date that stops all work can go.
"""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path


def bring_to_now(folders: Iterable[str]) -> list[Path]:
    """Date every file of the folders that is dated in the future now; returns them, and says so if there are any."""
    now = time.time()
    files = [Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names]
    ahead = [file for file in files if file.exists() and file.stat().st_mtime > now]
    for file in ahead:
        os.utime(file)
    if ahead:
        more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        print(f"{ahead[0]}{more}: dated in the future, and now of today; is this machine's clock right?", file=sys.stderr)
    return ahead
