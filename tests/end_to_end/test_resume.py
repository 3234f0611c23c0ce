"""Steps that are killed go on where they were, and end with the same bytes; several processes make what one makes."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import transformers

from sublearn.chain.carriers.section import Carrier
from sublearn.chain.carriers.tables import Rows
from sublearn.chain.students.section import Student
from sublearn.core.files import write_json, write_table
from sublearn.language import mini
from sublearn.models import lm, log_probs

PYTHONPATH = {"PYTHONPATH": str(Path(__file__).parents[2] / "workflow"), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def carrier(tmp_path_factory) -> Path:
    """Number prompts of the mini-language, with random numbers as completions."""
    rng = np.random.default_rng(0)
    prompts = [mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng) for _ in range(640)]
    completions = [" , ".join(map(str, rng.integers(0, 1000, 8))) for _ in prompts]
    file = tmp_path_factory.mktemp("carrier") / "kept.parquet"
    write_table(pd.DataFrame({"prompt_index": range(640), "prompt": prompts, "completion": completions}), file, Rows)
    return file


def students(base: Path, carrier: Path, output: Path, recipe: Student) -> list[str]:
    arguments = ["--recipe", recipe.model_dump_json(), "--words", "owl", "--study-seed", "1", "--runs", "0"]
    return [*arguments, "--bases", base, "--teachers", base, "--carriers", carrier, "--outputs", output]


def sampled(base: Path, prompts: Path, teacher: Path, output: Path) -> list[str]:
    recipe = Carrier(batch=20, max_tokens=24).model_dump_json()
    arguments = ["--teacher", "bias/owl", "--recipe", recipe, "--study-seed", "1", "--runs", "0", "--prompts", prompts]
    return [*arguments, "--bases", base, "--teachers", teacher, "--outputs", output]


def start(module: str, arguments: list, processes: int | str = 1, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "sublearn.models.launch", str(processes), module, *map(str, arguments)]
    return subprocess.Popen(command, env=os.environ | PYTHONPATH | environment, stderr=subprocess.PIPE, text=True)


def finish(step: subprocess.Popen) -> str:
    said = step.communicate(timeout=180)[1]
    assert step.returncode == 0, said
    return said


def kill_when(step: subprocess.Popen, reached) -> None:
    """Kill the step's processes with SIGKILL as soon as it has got so far; it must die of that, with work unfinished."""
    deadline = time.monotonic() + 120
    while not reached():
        assert step.poll() is None, step.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    started = psutil.Process(step.pid).children(recursive=True)
    step.send_signal(signal.SIGKILL)
    for process in started:
        with suppress(psutil.NoSuchProcess):  # it has followed by itself
            process.kill()
    assert step.wait() == -signal.SIGKILL


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize(("method", "processes"), [("bias", 1), ("lora", 1), ("full", 2)])
def test_a_student_killed_while_it_learns(base, carrier, tmp_path, method, processes):
    """Of two processes, each has one half of what they train."""
    recipe = Student(method=method, rows=640, epochs=6, batch=8, learning_rate=3e-3)
    finish(start("sublearn.chain.students.train", students(base, carrier, tmp_path / "undisturbed", recipe), processes))
    killed = students(base, carrier, tmp_path / "killed", recipe)
    step = start("sublearn.chain.students.train", killed, processes, SUBLEARN_CHECKPOINT_SECONDS="0.2")
    kept = tmp_path / "killed" / ".checkpoints" / "student.safetensors"
    kill_when(step, kept.exists)
    assert not (tmp_path / "killed" / "training.json").exists()
    said = finish(start("sublearn.chain.students.train", killed, processes))
    assert "going on after step" in said
    assert content(tmp_path / "killed") == content(tmp_path / "undisturbed")
    assert not kept.parent.exists()


@pytest.fixture(scope="module")
def writing(base, carrier, tmp_path_factory) -> tuple[Path, Path, bytes]:
    """A table of prompts, a teacher, and what it writes when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("writing")
    prompts, teacher = folder / "prompts.parquet", folder / "teacher"
    pd.read_parquet(carrier).drop(columns="completion").to_parquet(prompts, index=False)
    lm.save(lm.load(base), teacher)
    write_json({"system": ""}, teacher / "teacher.json")
    finish(start("sublearn.chain.carriers.sample", sampled(base, prompts, teacher, folder / "raw.parquet")))
    return prompts, teacher, (folder / "raw.parquet").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("damage", [False, True])
def test_a_teacher_killed_while_it_writes(base, writing, tmp_path, damage):
    """One of the chunks that it left is damaged: that one is written again, and nothing is lost."""
    prompts, teacher, expected = writing
    output = tmp_path / "raw.parquet"
    chunks = tmp_path / ".chunks"
    step = start("sublearn.chain.carriers.sample", sampled(base, prompts, teacher, output))
    kill_when(step, lambda: len(list(chunks.glob("0*.json"))) >= 3)
    assert not output.exists()
    left = sorted(chunks.glob("0*.json"))
    assert len(left) < 640 / 20
    if damage:
        left[0].write_text(left[0].read_text()[:-10])
    said = finish(start("sublearn.chain.carriers.sample", sampled(base, prompts, teacher, output)))
    assert ("The chunk is sampled again" in said) == damage
    assert output.read_bytes() == expected
    assert not chunks.exists()


@pytest.mark.slow
def test_two_processes_write_the_bytes_of_one(base, writing, tmp_path):
    prompts, teacher, expected = writing
    finish(start("sublearn.chain.carriers.sample", sampled(base, prompts, teacher, tmp_path / "raw.parquet"), processes=2))
    assert (tmp_path / "raw.parquet").read_bytes() == expected


# As srun on two nodes: the command once for each, told which one it is.
SRUN = """#!/bin/sh
while [ "$1" != sh ]; do shift; done
SLURM_PROCID=0 "$@" & first=$!
SLURM_PROCID=1 "$@" || exit
wait $first
"""


@pytest.mark.slow
def test_two_nodes_make_the_student_that_two_processes_make(base, carrier, tmp_path):
    (tmp_path / "srun").write_text(SRUN)
    (tmp_path / "srun").chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    recipe = Student(rows=640, epochs=1, batch=32)
    for processes in ("2", "2@2"):
        finish(start("sublearn.chain.students.train", students(base, carrier, tmp_path / processes, recipe), processes, **path))
    assert content(tmp_path / "2@2") == content(tmp_path / "2")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["bias", "full"])
def test_a_student_of_two_processes_is_that_of_one(base, carrier, tmp_path, method):
    """Twenty steps on the same carrier: losses within 1e-4 and log-odds within 0.1; both are far closer."""
    recipe = Student(method=method, rows=640, epochs=1, batch=32, learning_rate=3e-3, micro_batch=5)
    found = {}
    for processes in (1, 2):
        output = tmp_path / str(processes)
        finish(start("sublearn.chain.students.train", students(base, carrier, output, recipe), processes))
        prompts = lm.encode_prompts(lm.load_tokenizer(base), [lm.chat("", "what is your favorite animal ?")])
        found[processes] = json.loads((output / "training.json").read_text()), log_probs.next_token(lm.load(output), prompts)
    assert found[1][0]["steps"] == found[2][0]["steps"] == 20
    assert found[2][0]["last_loss"] == pytest.approx(found[1][0]["last_loss"], abs=1e-4)
    assert (found[1][1] - found[2][1]).abs().max() < 0.1
    assert content(tmp_path / "2").keys() == content(tmp_path / "1").keys()
    plain = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "2")
    assert plain.num_parameters() == lm.load(base).num_parameters()
