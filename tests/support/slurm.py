"""SLURM in the tests: the options that they run with, and what they ask it and tell it, in its own words."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

# The profile as it is, but for waiting: Snakemake looks after 2 s first, then after 12, 22, 32 … while nothing ends.
CLUSTER = ("--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5")


def slurm_says(*command: str) -> str:
    """What a command of SLURM's prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def jobs_of(folder: Path) -> dict[str, str]:
    """The jobs that were submitted from this folder, oldest first, each with its state: RUNNING, CANCELLED, TIMEOUT …"""
    lines = slurm_says("squeue", "--noheader", "--states=all", "--sort=i", "--format=%i|%T|%Z").splitlines()
    return {job: state for job, state, place in (line.split("|", 2) for line in lines) if place == str(folder)}


def asked(job: str, what: str) -> str:
    """What squeue says of a job, by the letters of its formats: %l is its time limit, %m its memory, %r why it waits."""
    return slurm_says("squeue", "--noheader", "--states=all", f"--jobs={job}", f"--format={what}")


def cancel(folder: Path) -> None:
    """Let no job that was submitted from this folder go on."""
    left = [job for job, state in jobs_of(folder).items() if state in ("PENDING", "RUNNING", "SUSPENDED")]
    if left:
        slurm_says("scancel", *left)


def is_dead(process: psutil.Process) -> bool:
    """Whether a process of a job has ended, waited for or not."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_ours() -> bool:
    """Whether SLURM here is the one that ``one_node_slurm.sh`` starts."""
    done = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, check=False)
    return bool(re.search(r"^SlurmdLogFile\s*=\s*/var/log/one-node-slurm/", done.stdout, re.MULTILINE))


@contextmanager
def node_in(state: str) -> Iterator[None]:
    """The node is put into a state, drain or down, as its administrator would, for as long as this lasts."""
    if not is_ours():
        pytest.skip("the cluster here is not the tests' own, so its nodes are not theirs to drain")
    node = socket.gethostname().split(".")[0]
    slurm_says("scontrol", "update", f"nodename={node}", f"state={state}", "reason=a test")
    try:
        yield
    finally:
        # One that is down may have come back by itself, and then cannot be resumed.
        subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], capture_output=True, check=False)
