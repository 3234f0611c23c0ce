"""What a cluster costs beside this machine: the smoke study through profiles/slurm and without, one after the other.

    tests/support/one_node_slurm.sh start && python benchmarks/cluster.py

The wall time on the cluster has two parts that the study's size does not change: Snakemake asks SLURM only now and then whether
a job has ended, and starts anew, twice, inside each job. Both show as time in which no step works, between the first submission
and the last step: where a SLURM job runs meanwhile it is a start, else polling, or the queue. Aims: the rest at most 1.5 times
the local wall time; the head process under 300 MB.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

Spans = list[tuple[float, float]]
CLUSTER = ["--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5"]


@dataclass
class Run:
    """One run of the study.

    Attributes:
        began, ended: when, in seconds.
        head: the head process's largest memory, in megabytes.
        tree: the same of it and all that it started on this machine, steps that are no job of SLURM's among them.
        steps: when each step worked.
        jobs: when each job of SLURM's ran.
        submitted: when the first of them was, if there was one.
    """

    began: float
    ended: float
    head: float
    tree: float
    steps: Spans
    jobs: Spans
    submitted: float | None

    @property
    def wall(self) -> float:
        return self.ended - self.began

    @property
    def working(self) -> float:
        return covered(self.steps)

    @property
    def starting(self) -> float:
        """Seconds in which jobs ran and no step worked."""
        return covered([*self.steps, *self.jobs]) - self.working

    @property
    def polling(self) -> float:
        """Seconds between the first submission and the last step in which neither did."""
        if self.submitted is None:
            return 0.0
        last = max(end for _, end in self.steps)
        return last - self.submitted - covered([(max(a, self.submitted), b) for a, b in [*self.steps, *self.jobs]])

    @property
    def rest(self) -> float:
        return self.wall - self.polling - self.starting


def run(folder: Path, options: list[str]) -> Run:
    """Make the smoke study in a fresh copy of this project."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        if Path(name).is_file() and not name.startswith("results/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    began, head, tree = time.time(), 0.0, 0.0
    with (folder / "said").open("w") as said:
        command = [sys.executable, "-m", "snakemake", *options, "--config", "studies=[smoke]"]
        snakemake = psutil.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        while snakemake.poll() is None:
            alone, all_told = memory(snakemake)
            head, tree = max(head, alone), max(tree, all_told)
            time.sleep(0.2)
    assert snakemake.returncode == 0, (folder / "said").read_text()[-3000:]
    ended = time.time()
    return Run(began, ended, head, tree, steps(folder), *slurm_jobs(folder))


def memory(process: psutil.Process) -> tuple[float, float]:
    """Megabytes: the most that a process has ever held, and what it and all that it started hold now."""
    held = 0.0
    with suppress(psutil.NoSuchProcess):
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):  # it has just ended
                held += each.memory_info().rss / 1e6
    status = Path(f"/proc/{process.pid}/status").read_text()
    return max([0.0, *(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM"))]), held


def steps(folder: Path) -> Spans:
    """When each step worked, by Snakemake's benchmark files."""
    found = []
    for file in (folder / "logs").rglob("*.benchmark.tsv"):
        ended = file.stat().st_mtime
        found.append((ended - float(file.read_text().splitlines()[1].split("\t")[0]), ended))
    return found


def slurm_jobs(folder: Path) -> tuple[Spans, float | None]:
    """When each of SLURM's jobs of this folder ran, and when the first was submitted, in whole seconds."""
    if not shutil.which("squeue"):
        return [], None
    command = ["squeue", "--states=all", "--noheader", "--array", "--format=%V %S %e %Z"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    dates = [line.split(maxsplit=3)[:3] for line in lines if line.split(maxsplit=3)[3] == str(folder)]
    times = [tuple(datetime.fromisoformat(word).timestamp() for word in each) for each in dates]
    return [(start, end) for _, start, end in times], min((submitted for submitted, _, _ in times), default=None)


def covered(spans: Spans) -> float:
    """Seconds in which at least one of the spans holds."""
    total, until = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        runs = [run(Path(folder, "local"), ["--cores", "2"]), run(Path(folder, "cluster"), CLUSTER)]
    local, cluster = runs
    rows = {
        "wall time, s": [each.wall for each in runs],
        "  polling and queue, s": [each.polling for each in runs],
        "  Snakemake's starts inside jobs, s": [each.starting for each in runs],
        "  the rest, s": [each.rest for each in runs],
        "    in which steps work, s": [each.working for each in runs],
        "SLURM jobs": [float(len(each.jobs)) for each in runs],
        "head process, MB": [each.head for each in runs],
        "head process with all that it starts here, MB": [each.tree for each in runs],
    }
    print(f"{'':<48}{'local':>8}{'SLURM':>8}")
    print("\n".join(f"{name:<48}{here:>8.0f}{there:>8.0f}" for name, (here, there) in rows.items()))
    print(f"the rest on SLURM / wall time here: {cluster.rest / local.wall:.2f} (aim: at most 1.5)")
    print(f"head process on SLURM: {cluster.head:.0f} MB (aim: under 300)")


if __name__ == "__main__":
    main()
