"""Clones in paths with spaces, in which the smoke study and the micro study were made once.

Tests that share what took long to make are one group (``xdist_group``): with ``pytest -n 2`` one process runs
them all, so that it is made once.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.clone import ROOT, Clone
from support.slurm import is_ours


@pytest.fixture(scope="session")
def clone() -> type[Clone]:
    """What makes a clone in a folder."""
    return Clone


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The smoke study, made from nothing."""
    made = Clone(tmp_path_factory.mktemp("a clone"))
    made.snakemake("--cores", "2")
    return made


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The micro study, made from nothing on one core; tests change copies of it."""
    made = Clone(tmp_path_factory.mktemp("a small clone"))
    made.snakemake("--cores", "1", study="micro")
    return made


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
