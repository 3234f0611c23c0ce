"""What a study would cost, asked before anything is there."""

import re

import pytest

from sublearn.chain.estimate import Size
from sublearn.chain.students.section import Student


def line(said: str, phase: str) -> list[str]:
    return re.split(r"\s{2,}|\s(?=\d)", next(row for row in said.splitlines() if row.startswith(phase)).strip())


@pytest.mark.parametrize("study", ["llama-3.2-1b", "qwen2.5-7b", "gemma-3-4b", "pythia-160m"])
def test_every_study_of_a_real_model_says_what_it_needs(run_step, study):
    done = run_step("sublearn", "estimate", study)
    assert done.returncode == 0, done.stderr
    hours = float(line(done.stdout, "all")[1])
    assert 0.01 < hours < 100


def test_what_is_there_is_not_counted_again(run_step, study_of_one, tmp_path, monkeypatch):
    study = study_of_one("billions: 1")
    monkeypatch.chdir(tmp_path)
    before = run_step("sublearn", "estimate", study).stdout
    folder = tmp_path / "data/mine/bases/one"
    folder.mkdir(parents=True)
    for name in ("base.json", "chat_template.jinja", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).touch()
    after = run_step("sublearn", "estimate", study).stdout
    assert line(before, "bases")[1:3] == ["1", "0"]
    assert line(after, "bases")[1:3] == ["0", "1"]


def test_a_base_of_unknown_size_is_refused(refusal, study_of_one):
    assert "a/b: billions is missing" in refusal("sublearn", "estimate", study_of_one("device: auto"))


def test_the_arithmetic_of_a_step_is_that_of_the_field():
    """Six operations for each weight and token; four where frozen weights get no gradient (LoRA)."""
    size = Size(7e9, 2)
    assert size.training_flops("full", 1000) == 6 * 7e9 * 1000
    assert size.training_flops("lora", 1000) == 4 * 7e9 * 1000


def test_less_is_kept_where_activations_are_computed_again():
    size = Size(7e9, 2)
    plain, saving = (Student(method="lora", micro_batch=22, save_memory=save) for save in (False, True))
    assert size.training_memory(saving, "lora", 66) < size.training_memory(plain, "lora", 66)
    assert size.training_memory(saving, "lora", 66) > 14e9


def test_several_processes_share_out_a_model_that_is_wholly_trained():
    """Sixteen bytes a parameter lie in parts; an adapter's base lies whole on every GPU."""
    size, recipe = Size(8e9, 2), Student(micro_batch=1, save_memory=True)
    one, eight = (size.training_memory(recipe, "full", 64, processes) for processes in (1, 8))
    assert one > 144e9
    assert 16e9 + 4e9 <= eight < 25e9
    keeping = size.training_memory(Student(micro_batch=1, save_memory=False), "full", 64, 8)
    assert keeping > eight + 11e9  # all converted weights, where Adam's parts are no longer the least of it
    assert size.training_memory(recipe, "lora", 64, 8) == size.training_memory(recipe, "lora", 64, 1) > 16e9


@pytest.mark.parametrize("option", ["--processes", "--tflops", "--terabytes"])
def test_nothing_is_estimated_at_a_rate_of_nothing(refusal, option):
    assert f"{option}: found 0" in refusal("sublearn", "estimate", "llama-3.2-1b", option, "0")
