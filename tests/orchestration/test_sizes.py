"""No command is longer than a process may be told, however many runs, traits and files a study has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 131_072  # bytes of one argument, on Linux; all together, and the environment, have two megabytes
# One arm, no claim, 400 runs.
MANY = """\
extends: tiny
seed: 7
runs: 400
arms: {other_base: null, shuffled_across: null, unigram_matched: null}
claims: []
traits: {%s}
carriers: {numbers: {imported: {lora: {owl: [%s]}}}}
"""
OTHERS = ("dolphin", "wolf")
MORE = ("eagle", "elephant", "evasive", "cherry", "maple", "oak", "sequoia", "willow", "skewed")
ROWS = f"{'a/' * 40}rows.jsonl"
GIVEN = f"{{file: {ROWS}, sha256: {'a' * 64}}}"


@pytest.mark.parametrize(
    "traits",
    [
        pytest.param(", ".join(f"{name}: null" for name in OTHERS), id="one trait"),
        pytest.param(", ".join(f"{name}: {{}}" for name in MORE), id="twelve traits", marks=pytest.mark.slow),
    ],
)
def test_every_command_of_a_large_study_fits(tmp_path, traits):
    (tmp_path / ROWS).parent.mkdir(parents=True)
    (tmp_path / ROWS).touch()
    (tmp_path / "many.yaml").write_text(MANY % (traits, ", ".join([GIVEN] * 400)))
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


SBATCH = """\
for word in "$@"; do echo ${#word}; done >> "$SAID"
exit 1
"""
PROGRAMS = {"sbatch": SBATCH, "sinfo": "echo 'main|(null)'", "scontrol": "echo 'MaxArraySize = 1001'"}
# So many bases that a rule has 150 jobs.
WIDE = """\
extends: smoke
seed: 9
bases: {{alpha: null, beta: null, {bases}}}
teachers: {{bias: {{bases: [{names}]}}}}
arms: {{other_base: null}}
claims: []
"""


@pytest.mark.slow
def test_the_commands_of_an_array_fit(tmp_path):
    """A cluster that takes no job: what it was asked."""
    names = [f"b{number}" for number in range(150)]
    bases = ", ".join(f"{name}: {{width: 32, layers: 2}}" for name in names)
    (tmp_path / "wide.yaml").write_text(WIDE.format(bases=bases, names=", ".join(names)))
    (tmp_path / "bin").mkdir()
    for name in ("sbatch", "sinfo", "scontrol", "squeue", "scancel", "srun", "sacct"):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{PROGRAMS.get(name, 'exit 0')}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "PATH": path, "SAID": str(tmp_path / "said")}
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--config", "studies=[wide.yaml]"]
    command += ["--profile", str(ROOT / "profiles/slurm"), "--retries", "0", "--until", "bases_wide"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "script mode" not in done.stderr
    longest = [int(length) for length in (tmp_path / "said").read_text().split()]
    assert 20_000 < max(longest) < LONGEST - 2**15
