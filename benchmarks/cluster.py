"""What a cluster costs beside this machine: the smoke study through profiles/slurm and without, one after the other.

    tests/one_node_slurm.sh start && python benchmarks/cluster.py

The wall time on the cluster has two parts that the study's size does not change: Snakemake asks SLURM only now and then whether
a job has ended, and starts anew, twice, inside each job. Both show as time in which no step works; where a SLURM job runs
meanwhile it is a start, else polling and submission. Aims: the rest at most 1.5 times the local wall time; the head process
under 300 MB.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Spans = list[tuple[float, float]]


@dataclass
class Run:
    """One run of the study: seconds, and the head process's largest memory in megabytes."""

    wall: float
    memory: float
    steps: Spans
    jobs: Spans


def run(folder: Path, options: list[str]) -> Run:
    """Make the smoke study in a fresh copy of this project."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        if Path(name).is_file() and not name.startswith("results/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    began, memory = time.time(), 0.0
    with (folder / "said").open("w") as said:
        command = [sys.executable, "-m", "snakemake", *options, "--config", "studies=[smoke]"]
        head = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        while head.poll() is None:
            status = Path(f"/proc/{head.pid}/status").read_text()
            memory = max([memory, *(int(line.split()[1]) / 1e3 for line in status.splitlines() if line.startswith("VmHWM"))])
            time.sleep(0.2)
    assert head.returncode == 0, (folder / "said").read_text()[-3000:]
    wall = time.time() - began
    return Run(wall, memory, steps(folder), slurm_jobs(began))


def steps(folder: Path) -> Spans:
    """When each step worked, by Snakemake's benchmark files."""
    found = []
    for file in (folder / "logs").rglob("*.benchmark.tsv"):
        ended = file.stat().st_mtime
        found.append((ended - float(file.read_text().splitlines()[1].split("\t")[0]), ended))
    return found


def slurm_jobs(since: float) -> Spans:
    """When each of SLURM's jobs ran, in whole seconds."""
    if not shutil.which("squeue"):
        return []
    command = ["squeue", "--states=all", "--noheader", "--array", "--format=%S %e"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    spans = [tuple(datetime.fromisoformat(word).timestamp() for word in line.split()) for line in lines if "N/A" not in line]
    return [(start, end) for start, end in spans if start >= since - 1]


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
        local = run(Path(folder, "local"), ["--cores", "2"])
        eager = ["--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5"]
        cluster = run(Path(folder, "cluster"), eager)
    working = covered(cluster.steps)
    starting = covered([*cluster.steps, *cluster.jobs]) - working
    print(f"local: {local.wall:.0f} s, of which steps work {covered(local.steps):.0f} s; head process {local.memory:.0f} MB")
    print(f"SLURM: {cluster.wall:.0f} s in {len(cluster.jobs)} jobs; head process {cluster.memory:.0f} MB (aim: under 300)")
    print(f"  Snakemake's start inside jobs, while no step works: {starting:.0f} s")
    print(f"  polling, submission and planning:                   {cluster.wall - working - starting:.0f} s")
    print(f"  steps work:                                         {working:.0f} s")
    print(f"steps on the cluster / local wall time: {working / local.wall:.2f} (aim: at most 1.5)")


if __name__ == "__main__":
    main()
