"""A fresh clone in a path with a space, and the smoke study run in it once."""

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
from support.slurm import is_ours

ROOT = Path(__file__).parents[2]
LONGEST = 1500
"""Seconds; the longest command of these tests takes some six minutes on two cores, and twice that on busy ones."""


class Clone:
    """A copy of all that git knows or would add, without artifacts; commands run in it as a user's would."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.python = folder, sys.executable
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
            if (ROOT / name).is_file() and not name.startswith("results/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

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

    def read(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()


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


@pytest.fixture(scope="session")
def clone() -> type[Clone]:
    """What makes a clone in a folder."""
    return Clone


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The smoke study, made from nothing on two cores."""
    clone = Clone(tmp_path_factory.mktemp("a clone"))
    clone.snakemake("--cores", "2")
    return clone


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """A clone in which nothing has run."""
    return Clone(tmp_path / "another clone")


@pytest.fixture(scope="session")
def slurm() -> Iterator[None]:
    """SLURM on this machine: the cluster that is there, else one of this node, for as long as the tests take.

    Skipped where its packages may not be installed, unless SUBLEARN_SLURM says that it is required.
    """
    script = [*(["sudo", "--non-interactive"] if os.geteuid() else []), "bash", "tests/support/one_node_slurm.sh"]
    was_there = shutil.which("sinfo") and not subprocess.run(["sinfo"], capture_output=True, check=False).returncode
    # Tests that were killed may have left theirs, with its node drained.
    if not was_there or is_ours():
        started = subprocess.run([*script, "start"], cwd=ROOT, capture_output=True, text=True, check=False)
        if started.returncode:
            problem = f"no SLURM, and none can be started here: {(started.stderr or started.stdout).strip()[-300:]}"
            (pytest.fail if os.environ.get("SUBLEARN_SLURM") == "required" else pytest.skip)(problem)
    yield
    if not was_there:
        subprocess.run([*script, "stop"], cwd=ROOT, check=True)
