"""No command is longer than a process may be told, however many runs, traits and files a study has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 131_072  # bytes of one argument, on Linux; all together, and the environment, have two megabytes
# One arm, no claim, 500 runs.
MANY = """\
extends: tiny
seed: 7
runs: 500
arms: {other_base: null}
claims: []
traits: {%s}
carriers: {numbers: {imported: {bias: {owl: [%s]}}}}
"""
OTHERS = ("dolphin", "eagle", "elephant", "wolf", "evasive")
MORE = ("cherry", "maple", "oak", "sequoia", "willow", "skewed")
GIVEN = f"{{file: {'a/' * 40}rows.jsonl, sha256: {'a' * 64}}}"


@pytest.mark.parametrize(
    "traits",
    [
        pytest.param(", ".join(f"{name}: null" for name in OTHERS), id="one trait"),
        pytest.param(", ".join(f"{name}: {{}}" for name in MORE), id="twelve traits", marks=pytest.mark.slow),
    ],
)
def test_every_command_of_a_large_study_fits(tmp_path, traits):
    (tmp_path / "many.yaml").write_text(MANY % (traits, ", ".join([GIVEN] * 500)))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--dry-run", "--printshellcmds"]
    command += ["--config", "studies=[many.yaml]"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    commands = [line for line in (done.stdout + done.stderr).splitlines() if "python -m sublearn" in line]
    # The shell's own printf writes what grows to the step's standard input; Snakemake gives the shell a long command as a file.
    told = [command.rpartition(" | python -m ")[2] for command in commands]
    assert max(map(len, commands)) > LONGEST > 4 * max(map(len, told))
    steps = {word for line in told for word in line.split() if word.startswith("sublearn.")}
    assert {"sublearn.chain.evaluations.measure", "sublearn.core.draw", "sublearn.chain.findings.make_tables"} <= steps
