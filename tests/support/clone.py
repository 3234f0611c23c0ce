"""A copy of this project as a user has it, and Snakemake run in it."""

import copy
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MICRO = Path(__file__).with_name("micro.yaml")
LONGEST = 1500
"""Seconds; the longest command of these tests takes some six minutes on two cores, and twice that on busy ones."""


class Clone:
    """A copy of all that git knows or would add, without artifacts but with the micro study; commands run in it as a user's."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.python = folder, sys.executable
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
            if (ROOT / name).is_file() and not name.startswith("results/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        shutil.copy(MICRO, folder / "config/studies")

    def copied(self, folder: Path) -> "Clone":
        """Another clone with all that was made in this one, its dates too."""
        subprocess.run(["cp", "-a", self.folder, folder], check=True)
        other = copy.copy(self)
        other.folder = folder
        return other

    def snakemake(self, *args: str, study: str = "smoke", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake by its path, with no environment activated."""
        command, environment = self._snakemake(study, args)
        return _finished(command, self.folder, environment, check)

    def start(self, *args: str, said: Path, study: str = "smoke", **added: str) -> subprocess.Popen[str]:
        """Start Snakemake as a terminal would, in a process group of its own; what it says goes to the file ``said``."""
        command, environment = self._snakemake(study, args)
        # A shell's background job ignores Ctrl-C, and so would all that it starts.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with said.open("w") as output:
                return subprocess.Popen(command, cwd=self.folder, env=environment | added, stdout=output,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=True)  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)

    def planned(self, *args: str, study: str = "smoke") -> set[str]:
        """What a dry run would do."""
        done = self.snakemake("--dry-run", *args, study=study)
        return self.jobs(done.stdout + done.stderr)

    @staticmethod
    def jobs(said: str) -> set[str]:
        """The jobs that Snakemake names, as the rules' messages: "students of smoke: same_base/owl"."""
        if "Nothing to be done" in said:
            return set()
        return set(re.findall(r"^(?:Job \d+: )?(\w+ of [\w-]+: .+)$", said, re.MULTILINE))

    def _snakemake(self, study: str, args: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
        """The command, and the environment that it runs in."""
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment["PATH"] = os.defpath
        return [self.python, "-m", "snakemake", "--config", f"studies=[{study}]", *args], environment

    @contextmanager
    def edited(self, file: str, old: str, new: str) -> Iterator[None]:
        """Replace a piece of a file's text, and put it back afterwards."""
        path = self.folder / file
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new, 1))
        try:
            yield
        finally:
            path.write_text(before)

    def read(self, file: str | Path) -> bytes:
        return (self.folder / file).read_bytes()

    def made(self, study: str) -> dict[str, bytes]:
        """Every file of a study's data and results, hidden ones too."""
        files = [file for top in ("data", "results") for file in (self.folder / top / study).rglob("*") if file.is_file()]
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in files}


def _finished(command: list[str], folder: Path, environment: dict[str, str], check: bool) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; one that takes longer than anything here may is ended with all that it started."""
    running = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, start_new_session=True)  # fmt: skip
    try:
        stdout, stderr = running.communicate(timeout=LONGEST)
    except BaseException as problem:
        os.killpg(running.pid, signal.SIGKILL)
        stdout, stderr = running.communicate()
        if isinstance(problem, subprocess.TimeoutExpired):
            pytest.fail(f"{command} took longer than {LONGEST} s and had said:\n{stdout[-4000:]}{stderr[-4000:]}")
        raise
    assert not check or running.returncode == 0, stdout[-4000:] + stderr[-4000:]
    return subprocess.CompletedProcess(command, running.returncode, stdout, stderr)
