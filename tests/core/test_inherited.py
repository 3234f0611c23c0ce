"""What a launcher, MPI, `accelerate config` or a cluster's modules left in the environment changes no step."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.students.section import Student
from sublearn.core.files import write_table
from sublearn.core.records import NAME
from sublearn.language import mini

# One that would wait, one that would write nothing, and one whose settings would change the weights.
LEFT = {
    "torchrun's main process": {
        "RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500",
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    },
    "its second, and accelerate's settings": {
        "RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "PMI_RANK": "1", "OMP_NUM_THREADS": "1,3,2",
        "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "4", "ACCELERATE_USE_MEGATRON_LM": "true",
        "ACCELERATE_TORCH_DEVICE": "meta", "ACCELERATE_DYNAMO_BACKEND": "INDUCTOR",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def carrier(tmp_path_factory):
    rng = np.random.default_rng(0)
    prompts = [mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng) for _ in range(16)]
    rows = {"prompt_index": range(16), "prompt": prompts, "completion": "3 , 5 , 8"}
    file = tmp_path_factory.mktemp("carrier") / "filtered.parquet"
    write_table(pd.DataFrame(rows), file, Rows)
    return file


@pytest.fixture(scope="module")
def learned(run_step, base, carrier, tmp_path_factory):
    """The files of a student that is made in this environment."""

    def make(fresh: bool = False, **environment: str) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("students") / "run0"
        recipe = Student(rows=16, epochs=1, batch=2, learning_rate=1e-2).model_dump_json()
        options = ["--recipe", recipe, "--words", "owl", "--study-seed", 1, "--runs", 0, "--bases", base, "--teachers", base]
        options += ["--carriers", carrier, "--outputs", folder]
        done = run_step("sublearn.chain.students.train", *options, fresh=fresh, **environment)
        assert done.returncode == 0, done.stderr
        return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}

    return make


@pytest.fixture(scope="module")
def undisturbed(learned):
    return learned()


@pytest.mark.parametrize("left", LEFT)
def test_a_step_works_alone_whatever_a_launcher_has_left(learned, undisturbed, left):
    found = learned(**LEFT[left])
    assert found["model.safetensors"] == undisturbed["model.safetensors"]
    assert found.keys() == undisturbed.keys() and NAME in found


def test_a_step_rounds_as_its_processor_does_whatever_others_ask_of_it(learned, undisturbed):
    found = learned(fresh=True, ATEN_CPU_CAPABILITY="default", MKL_CBWR="COMPATIBLE")
    assert found["model.safetensors"] == undisturbed["model.safetensors"]


def test_commands_write_utf8_where_the_locale_lacks_a_letter(run_step):
    for command in ("--help", "reference"):
        done = run_step("sublearn", command, PYTHONIOENCODING="ascii")
        assert done.returncode == 0 and "…" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("SUBLEARN_CHECKPOINT_SECONDS", "60s", "a number of seconds from 0 on is right, such as 60."),
        ("OMP_NUM_THREADS", "all", "a whole number from 1 on is right."),
    ],
)
def test_a_variable_that_is_no_number_is_named(learned, name, value, right):
    with pytest.raises(AssertionError) as failed:
        learned(**{name: value})
    said = str(failed.value)
    assert f"error: {name}: found '{value}' in the environment; {right}" in said and "Traceback" not in said


def filtered(run_step, folder: Path, **options: object) -> "subprocess.CompletedProcess[str]":
    """The filter's step, on one row."""
    write_table(pd.DataFrame({"prompt_index": [0], "prompt": "p", "completion": "1, 2"}), folder / "raw.parquet", Rows)
    files = [word for name in ("raw", "filtered", "rejected") for word in (f"--{name}", folder / f"{name}.parquet")]
    arguments = ["--recipe", json.dumps({"kind": "numbers"}), "--words", "owl", *files, "--report", folder / "filter.json"]
    return run_step("sublearn.chain.carriers.filter", *arguments, **options)


def test_no_output_stays_without_its_record(run_step, tmp_path):
    (tmp_path / f"filtered.{NAME}" / "in the way").mkdir(parents=True)
    done = filtered(run_step, tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"raw.parquet", f"filtered.{NAME}"}


def test_other_software_hides_no_package(run_step, tmp_path, monkeypatch):
    """Neither a folder that a cluster's module puts on PYTHONPATH, nor a file of the working folder."""
    modules, here = tmp_path / "modules", tmp_path / "here"
    for place, name in ((modules, "pandas"), (here, "random")):
        place.mkdir()
        (place / f"{name}.py").write_text("raise SystemExit('this is another one')\n")
    (modules / "sitecustomize.py").write_text("import os\nos.environ['FOUND'] = 'yes'\n")
    monkeypatch.chdir(here)
    workflow = Path(__file__).parents[2] / "workflow"
    done = filtered(run_step, tmp_path, PYTHONPATH=f"{workflow}:{modules}", fresh=True)
    assert done.returncode == 0, done.stderr
    assert f"PYTHONPATH: {modules} is left out, since it hides this environment's pandas." in done.stderr


def test_python_without_checks_is_refused(run_step):
    for module in ("sublearn", "sublearn.chain.carriers.filter"):
        done = run_step(module, "trace", "README.md", PYTHONOPTIMIZE="2")
        assert done.returncode == 1
        assert done.stderr == "error: Python runs with -O, which leaves out checks; run it without, and unset PYTHONOPTIMIZE.\n"
