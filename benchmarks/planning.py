"""How long Snakemake plans a study of two thousand students, in how much memory, and how long its commands are.

    python benchmarks/planning.py [--runs 125]

It is a dry run in which nothing is there yet. Aim: under 15 s and under 1 GB, both with one run a job and with all runs of an
arm and trait in one; and no more than 32 KiB of arguments (Linux takes 128 in one).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sublearn.orchestration.workflow import plan


def longest(command: list[str]) -> int:
    """The most bytes of arguments that any step is started with."""
    said = subprocess.run([*command, "--printshellcmds"], capture_output=True, text=True, check=True)
    commands = [line for line in (said.stdout + said.stderr).splitlines() if "python -m sublearn" in line]
    return max(len(line.rpartition(" | python -m ")[2]) for line in commands)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=125)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for runs_per_job in ("one", "all"):
            # Another seed, so that nothing of tiny is taken over.
            file = Path(folder, f"planned-{runs_per_job}.yaml")
            file.write_text(f"extends: tiny\nseed: 7\nruns: {args.runs}\nruns_per_job: {runs_per_job}\n")
            students = len(plan(str(file)).artifacts("students"))
            command = [sys.executable, "-m", "snakemake", "--dry-run", "--config", f"studies=['{file}']"]
            started = time.perf_counter()
            with open(Path(folder, "said"), "w+") as said:
                planner = subprocess.Popen([*command, "--quiet", "all"], stdout=said, stderr=subprocess.STDOUT)
                _, status, used = os.wait4(planner.pid, 0)
                seconds = time.perf_counter() - started
                assert status == 0, Path(said.name).read_text()[-2000:]
            cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3
            print(
                f"{students} students, runs of a job: {runs_per_job}; {seconds:5.1f} s, {cpu:5.1f} s of CPU, {memory:.0f} MB; ",
                end="",
            )
            print(f"the longest command has {longest(command) / 2**10:.1f} KiB", flush=True)


if __name__ == "__main__":
    main()
