"""What goes wrong on real machines, done on purpose: steps and Snakemake killed at named points, disks that are full."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

STUDENT = "results/micro/students/same_base/owl/run0"
WEIGHTS = f"{STUDENT}/model.safetensors"
RUNS = "results/micro/findings/runs.csv"
ANSWERS = "results/micro/evaluations/answers/same_base.parquet"
LOG = "logs/micro/students/same_base/owl.log"
ONE = "students of micro: same_base/owl"
REST = {"answers of micro: same_base", "findings of micro: tables"}
CHECKPOINT = ".checkpoints/student.safetensors"
OFTEN = {"SUBLEARN_CHECKPOINT_SECONDS": "0.2"}
MODULE = "sublearn.chain.students.train"

# Put before all others, this module lets a process die at its n-th rename to a file of that name, with half of it written.
DIE_AT = """
import os, signal

rename, name, left = os.replace, os.environ["DIE_AT"], int(os.environ["DIE_AT_TIME"])

def replace(source, target):
    global left
    left -= str(target).endswith(name)
    if not left:
        os.truncate(source, os.path.getsize(source) // 2)
        os.kill(os.getpid(), signal.SIGKILL)
    rename(source, target)

os.replace = replace
"""


class Trial:
    """A copy of the micro study in which the student of owls is still to be made, and Snakemake in it, once or more often."""

    def __init__(self, clone: Any) -> None:
        self.clone, self.folder = clone, clone.folder
        self.student = self.folder / STUDENT
        self.said = self.folder.with_suffix(".txt")
        self.head: subprocess.Popen[str] | None = None
        self.took = 0.0  # seconds of processor time that the last rerun took

    def start(self, *args: str, target: str = WEIGHTS, hooks: bool = False, **environment: str) -> None:
        """Start to make the target, without the hooks around the run, which sum it up."""
        command = ("--cores", "1", *([] if hooks else ["--no-hooks"]), *args, "--", target)
        self.head = self.clone.start(*command, said=self.said, study="micro", **environment)

    def until(self, reached: Callable[[], Any], seconds: float = 180.0, every: float = 0.005) -> None:
        """Wait for a named point, closely; the work must not end before it."""
        deadline = time.monotonic() + seconds
        while not reached():
            assert self.head is not None and self.head.poll() is None, self.said.read_text()[-4000:]
            assert time.monotonic() < deadline, self.said.read_text()[-4000:]
            time.sleep(every)

    def until_a_checkpoint(self) -> None:
        """Wait until the student is in the middle of its training, with a checkpoint."""
        self.until((self.student / CHECKPOINT).exists)
        self.assert_unfinished()

    def processes(self) -> list[psutil.Process]:
        """Those that work on the student, whoever started them; where there is a launcher, its workers."""
        found = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # it has just ended
                if {MODULE, "--recipe"} <= set(process.cmdline()) and process.cwd() == str(self.folder):
                    found[process] = process.ppid()
        # A launcher names the module too; at work are those that have started no other.
        return [process for process in found if process.pid not in found.values()]

    def assert_unfinished(self) -> None:
        assert not (self.student / "training.json").exists()

    def end(self, returncode: int = 1, seconds: float = 240.0) -> str:
        """Wait for Snakemake, which must leave with this status; returns what it said."""
        assert self.head is not None
        found = self.head.wait(timeout=seconds)
        said = self.said.read_text()
        assert found == returncode, said[-4000:]
        return said

    def abandon(self) -> None:
        """Let nothing that works here outlive its test: no Snakemake, no step, and no rest of a job whose node went down."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.cwd() == str(self.folder):
                    process.kill()
        if self.head is not None:
            self.head.wait()

    def rerun(self, *args: str, target: str = WEIGHTS) -> set[str]:
        """Run Snakemake again, which must succeed; returns the jobs that it ran."""
        before = processor_time()
        self.start(*args, target=target)
        said = self.end(0)
        self.took = processor_time() - before
        return self.clone.jobs(said)

    def planned(self, target: str = RUNS) -> set[str]:
        """What is left to do."""
        return self.clone.planned("--cores", "1", "--", target, study="micro")

    def log(self) -> str:
        return (self.folder / LOG).read_text()

    def content(self) -> dict[str, bytes]:
        """Every file of the student, hidden ones too."""
        return content(self.student)


def content(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, hidden ones too."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def halve(file: Path) -> None:
    """Cut a file in the middle."""
    written = file.read_bytes()
    file.write_bytes(written[: len(written) // 2])


def processor_time() -> float:
    """Seconds that all processes took that this one has waited for, and that those had waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def died_of(said: str, number: signal.Signals) -> bool:
    """Whether a step's death by this signal is what Snakemake, or the shell that it started, reports."""
    return f"died with <Signals.{number.name}" in said or f"exit status {128 + number}" in said


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Callable[[str], None]]:
    """A small disk at this folder; yields what changes its options. Where mounting is not allowed, the test is skipped."""

    def mount(changed: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", changed, "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a small disk takes the right to mount one ({done.stderr.strip()})")

    folder.mkdir(parents=True, exist_ok=True)
    mount(options)
    try:
        yield lambda changed: mount(f"remount,{changed}")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def die_at(folder: Path, name: str, time: int = 1) -> dict[str, str]:
    """The environment in which a step dies at its ``time``-th rename to a file of that name, the new file half-written."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(DIE_AT)
    return {"PYTHONPATH": str(folder), "DIE_AT": name, "DIE_AT_TIME": str(time)}


def in_the_future(folder: Path) -> None:
    """Date every file a day ahead."""
    ahead = time.time() + 86_400
    for file in folder.rglob("*"):
        if file.is_file():
            os.utime(file, (ahead, ahead))
