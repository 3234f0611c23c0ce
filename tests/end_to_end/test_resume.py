"""Steps that are killed go on where they were, and say what else goes wrong; at the end the bytes are the same.

Several processes make what one makes.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import transformers
from support.faults import CHECKPOINT, OFTEN, content, die_at, mounted

from sublearn.chain.carriers.base import Sampling
from sublearn.chain.carriers.tables import Rows
from sublearn.chain.students.section import Student
from sublearn.core.files import write_json, write_table
from sublearn.language import mini
from sublearn.models import lm, log_probs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("steps")]
BASES, STUDENTS = "sublearn.chain.bases.pretrain", "sublearn.chain.students.train"
SAMPLE = "sublearn.chain.carriers.sample"
PYTHONPATH = {"PYTHONPATH": str(Path(__file__).parents[2] / "workflow"), "OMP_NUM_THREADS": "1"}
# So many steps that there is time to kill it.
LONG = {"rows": 640, "epochs": 6, "batch": 8, "learning_rate": 3e-3}
SHORT = {"rows": 640, "epochs": 1, "batch": 32, "learning_rate": 3e-3, "micro_batch": 5}


@pytest.fixture(scope="module")
def carrier(tmp_path_factory) -> Path:
    """Number prompts of the mini-language, with random numbers as completions."""
    rng = np.random.default_rng(0)
    prompts = [mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng) for _ in range(640)]
    completions = [" , ".join(map(str, rng.integers(0, 1000, 8))) for _ in prompts]
    file = tmp_path_factory.mktemp("carrier") / "filtered.parquet"
    write_table(pd.DataFrame({"prompt_index": range(640), "prompt": prompts, "completion": completions}), file, Rows)
    return file


def start(module: str, arguments: list, processes: int | str = 1, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "sublearn.models.launch", str(processes), module, *map(str, arguments)]
    path = os.pathsep.join([environment.pop("PYTHONPATH", ""), PYTHONPATH["PYTHONPATH"]]).strip(os.pathsep)
    environment = os.environ | PYTHONPATH | environment | {"PYTHONPATH": path}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def finish(step: subprocess.Popen) -> str:
    said = step.communicate(timeout=240)[1]
    assert step.returncode == 0, said
    return said


def wait_until(step: subprocess.Popen, reached: Callable[[], bool]) -> None:
    """Wait for a named point, closely; the step must not end before it."""
    deadline = time.monotonic() + 180
    while not reached():
        assert step.poll() is None, step.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def kill(step: subprocess.Popen) -> None:
    """Kill the step's processes with SIGKILL; it must die of that, with work unfinished."""
    started = psutil.Process(step.pid).children(recursive=True)
    step.send_signal(signal.SIGKILL)
    for process in started:
        with suppress(psutil.NoSuchProcess):  # it has followed by itself
            process.kill()
    assert step.wait() == -signal.SIGKILL


@pytest.fixture(scope="module")
def arguments(base, carrier):
    """The options by which the students' step makes one student in a folder."""

    def make(output: Path, recipe: dict) -> list:
        options = ["--recipe", Student(**recipe).model_dump_json(), "--words", "owl", "--study-seed", "1", "--runs", "0"]
        return [*options, "--bases", base, "--teachers", base, "--carriers", carrier, "--outputs", output]

    return make


@pytest.fixture(scope="module")
def student(arguments, tmp_path_factory):
    """The folder of the student that a recipe gives when nothing disturbs its processes; each is made once."""
    made: dict[str, Path] = {}

    def make(recipe: dict, processes: int | str = 1, **environment: str) -> Path:
        key = json.dumps([recipe, processes])
        if key not in made:
            made[key] = tmp_path_factory.mktemp("undisturbed") / "student"
            finish(start(STUDENTS, arguments(made[key], recipe), processes, **environment))
        return made[key]

    return make


def test_a_base_killed_in_its_second_round(recipe, tmp_path):
    """It begins that round with the weights that the first one left, and what it had reached of it."""
    demands = {
        "steps": 5,
        "extra_steps": 200,
        "max_steps": 400,
        "max_deviation": 1.0,
        "max_fact_deviation": 1.0,
        "min_well_formed": 0.1,
    }
    folder = tmp_path / "base"
    options = ["--recipe", recipe.model_copy(update=demands).model_dump_json(), "--name", "alpha", "--study-seed", "101"]
    options += ["--output", folder]
    finish(start(BASES, options))
    assert len(json.loads((folder / "calibration.json").read_text())["checks"]) == 2
    expected = content(folder)
    shutil.rmtree(folder)
    step = start(BASES, options, **OFTEN)
    wait_until(step, (folder / ".checkpoints/round1.safetensors").exists)
    kill(step)
    assert not (folder / "calibration.json").exists()
    said = finish(start(BASES, options))
    assert "going on after step 5, from" in said and said.count("going on after step") == 2
    assert content(folder) == expected


# A student that is disturbed while it learns.


@pytest.mark.parametrize("method", ["bitfit", "lora"])
def test_a_student_killed_while_it_learns(student, arguments, tmp_path, method):
    recipe = LONG | ({} if method == "bitfit" else {"method": method})
    expected = content(student(recipe))
    killed = tmp_path / "killed"
    step = start(STUDENTS, arguments(killed, recipe), **OFTEN)
    wait_until(step, (killed / CHECKPOINT).exists)
    kill(step)
    assert not (killed / "training.json").exists()
    said = finish(start(STUDENTS, arguments(killed, recipe)))
    assert "going on after step" in said and "FutureWarning" not in said
    assert content(killed) == expected


def test_a_worker_of_two_is_killed(student, arguments, tmp_path):
    """Each has one half of what they train. The launcher ends the other one, and says which has died."""
    recipe = LONG | {"method": "full"}
    expected = content(student(recipe, processes=2))
    killed = tmp_path / "killed"
    step = start(STUDENTS, arguments(killed, recipe), processes=2, **OFTEN)
    wait_until(step, (killed / CHECKPOINT).exists)
    workers = [each for each in psutil.Process(step.pid).children(recursive=True) if "RANK" in each.environ()]
    assert sorted(each.environ()["RANK"] for each in workers) == ["0", "1"]
    next(each for each in workers if each.environ()["RANK"] == "1").kill()
    said = step.communicate(timeout=120)[1]
    assert step.returncode != 0 and "Signal 9 (SIGKILL) received by PID" in said
    assert not any(each.is_running() for each in workers)
    assert not (killed / "training.json").exists()
    assert "going on after step" in finish(start(STUDENTS, arguments(killed, recipe), processes=2))
    assert content(killed) == expected


def test_a_step_dies_while_it_writes_a_checkpoint(student, arguments, tmp_path):
    """With half of the second one written it goes on from the first, and nothing of the second is left."""
    expected, killed = content(student(LONG)), tmp_path / "killed"
    step = start(STUDENTS, arguments(killed, LONG), **OFTEN, **die_at(tmp_path / "hook", "/student.safetensors", 2))
    assert step.communicate(timeout=120) and step.returncode == -signal.SIGKILL
    assert (killed / CHECKPOINT).exists() and list(killed.glob(".checkpoints/.student.*.partial.safetensors"))
    assert "going on after step" in finish(start(STUDENTS, arguments(killed, LONG)))
    assert content(killed) == expected


def test_a_checkpoint_is_damaged(student, arguments, tmp_path):
    """One bit is turned: training starts anew, and says so."""
    expected, killed = content(student(LONG)), tmp_path / "killed"
    step = start(STUDENTS, arguments(killed, LONG), **OFTEN)
    wait_until(step, (killed / CHECKPOINT).exists)
    kill(step)
    written = bytearray((killed / CHECKPOINT).read_bytes())
    written[-8] ^= 1
    (killed / CHECKPOINT).write_bytes(written)
    said = finish(start(STUDENTS, arguments(killed, LONG)))
    assert f"{CHECKPOINT}: not readable" in said and "training starts anew" in said
    assert "going on after step" not in said
    assert content(killed) == expected


@pytest.mark.parametrize(("what", "size"), [("weights", "100k"), ("a checkpoint", "4k")])
def test_the_disk_is_full(student, arguments, tmp_path, what, size):
    expected, folder = content(student(LONG)), tmp_path / "small disk"
    with mounted(folder, f"size={size}") as remount:
        step = start(STUDENTS, arguments(folder, LONG), **OFTEN)
        said = step.communicate(timeout=120)[1]
        assert step.returncode == 1 and "Traceback" not in said
        assert ": the disk is full; nothing was written. Free some space and run again." in said
        assert not (folder / "training.json").exists()
        assert not [file for file in folder.rglob(".*") if "partial" in file.name]
        remount("size=20m")
        said = finish(start(STUDENTS, arguments(folder, LONG)))
        assert ("going on after step" in said) == (what == "weights")
        assert content(folder) == expected


# A teacher that is disturbed while it writes.


@pytest.fixture(scope="module")
def written(base, carrier, tmp_path_factory) -> Path:
    """A folder with a table of prompts, a teacher, and what it writes when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("writing")
    pd.read_parquet(carrier).drop(columns="completion").to_parquet(folder / "prompts.parquet", index=False)
    lm.save(lm.load(base), folder / "teacher")
    write_json({"system": ""}, folder / "teacher/teacher.json")
    finish(start(SAMPLE, sampled(base, folder, folder / "raw.parquet")))
    return folder


def sampled(base: Path, folder: Path, output: Path) -> list:
    recipe = Sampling(batch=20, max_tokens=24).model_dump_json()
    options = ["--teacher", "bias/owl", "--recipe", recipe, "--study-seed", "1", "--runs", "0", "--bases", base]
    return [*options, "--prompts", folder / "prompts.parquet", "--teachers", folder / "teacher", "--outputs", output]


def test_a_teacher_killed_while_it_writes(base, written, tmp_path):
    """It goes on after its last chunk. Where one of the chunks that it left is damaged, that one is written again."""
    killed, damaged = tmp_path / "killed", tmp_path / "damaged"
    step = start(SAMPLE, sampled(base, written, killed / "raw.parquet"))
    wait_until(step, lambda: len(list(killed.glob(".chunks/0*.json"))) >= 3)
    kill(step)
    assert not (killed / "raw.parquet").exists()
    shutil.copytree(killed, damaged)
    left = sorted(damaged.glob(".chunks/0*.json"))
    assert len(left) < 640 / 20
    left[0].write_text(left[0].read_text()[:-10])
    for folder in (killed, damaged):
        said = finish(start(SAMPLE, sampled(base, written, folder / "raw.parquet")))
        assert ("The chunk is sampled again" in said) == (folder == damaged)
        assert (folder / "raw.parquet").read_bytes() == (written / "raw.parquet").read_bytes()
        assert not (folder / ".chunks").exists()


# Several processes.


def test_two_processes_write_the_bytes_of_one(base, written, tmp_path):
    finish(start(SAMPLE, sampled(base, written, tmp_path / "raw.parquet"), processes=2))
    assert (tmp_path / "raw.parquet").read_bytes() == (written / "raw.parquet").read_bytes()


# As srun on two nodes: the command once for each, told which one it is.
SRUN = """#!/bin/sh
while [ "$1" != sh ]; do shift; done
SLURM_PROCID=0 "$@" & first=$!
SLURM_PROCID=1 "$@" || exit
wait $first
"""


def test_two_nodes_make_the_student_that_two_processes_make(student, tmp_path):
    (tmp_path / "srun").write_text(SRUN)
    (tmp_path / "srun").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert content(student(SHORT, processes="2@2", PATH=path)) == content(student(SHORT, processes=2))


@pytest.mark.parametrize("method", ["bitfit", "full"])
def test_a_student_of_two_processes_is_that_of_one(base, student, method):
    """Twenty steps on the same carrier: losses within 1e-4 and log-odds within 0.1; both are far closer."""
    recipe = SHORT | ({} if method == "bitfit" else {"method": method})
    one, two = student(recipe, processes=1), student(recipe, processes=2)
    records = [json.loads((folder / "training.json").read_text()) for folder in (one, two)]
    prompts = lm.encode_prompts(lm.load_tokenizer(base), [lm.chat("", "what is your favorite animal ?")])
    answers = [log_probs.next_token(lm.load(folder), prompts) for folder in (one, two)]
    assert [record["steps"] for record in records] == [20, 20]
    assert records[1]["last_loss"] == pytest.approx(records[0]["last_loss"], abs=1e-4)
    assert (answers[0] - answers[1]).abs().max() < 0.1
    assert content(two).keys() == content(one).keys()
    plain = transformers.AutoModelForCausalLM.from_pretrained(two)
    assert plain.num_parameters() == lm.load(base).num_parameters()
