"""What make says and does before Python has a say."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

# Notes how it was called, and makes an environment of itself.
PYTHON = '#!/bin/sh\nif [ "$2" = venv ]; then mkdir -p .venv/bin && cp "$0" .venv/bin/python; fi\n'


@pytest.fixture
def make(tmp_path):
    """Run make in a folder with a path that has a space, and nothing but what an installation reads."""
    folder = tmp_path / "a clone"
    for name in ("Makefile", "pyproject.toml", "envs/lock.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, folder / name)

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(["make", *arguments], cwd=folder, env=kept, capture_output=True, text=True, check=False)

    return run


def test_make_alone_says_what_there_is(make):
    assert make().stdout == make("help").stdout
    assert make().stdout.startswith("make reproduce   the default studies from nothing")


def test_python_may_lie_in_a_path_with_a_space(make, tmp_path):
    python = tmp_path / "py space/python3"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    done = make(f"PYTHON={python}", ".venv/base")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "a clone/.venv/base").exists()


def test_a_python_that_is_not_there_is_not_called_old(make, tmp_path):
    done = make(f"PYTHON={tmp_path}/none", "figures")
    assert done.returncode and f"error: {tmp_path}/none cannot be run; name a Python of 3.11 or newer" in done.stderr
    assert "older" not in done.stderr


def test_make_clean_removes_artifacts_whatever_their_name_and_nothing_that_a_user_brought(make, tmp_path):
    for name in (
        "data/store/kept",
        "data/released/kept",
        "data/mnist/kept",
        "data/weights/kept",
        "data/mine/lost",
        "data/my results/lost",
        "results/tiny/findings/kept",
        "results/tiny/students/lost",
    ):
        (tmp_path / "a clone" / name).parent.mkdir(parents=True)
        (tmp_path / "a clone" / name).touch()
    assert make("clean").returncode == 0
    assert {path.name for path in (tmp_path / "a clone").rglob("*")} & {"kept", "lost"} == {"kept"}
    assert len(list(Path(tmp_path / "a clone").rglob("kept"))) == 5
