"""The first update is the one that the student's optimiser would make, and is compared in effective weights."""

import argparse
import json

import pandas as pd
import pytest
import torch

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations import measure
from sublearn.chain.evaluations.tables import Coverage
from sublearn.chain.students import train
from sublearn.chain.students.section import Student
from sublearn.core.files import read_table, write_table
from sublearn.measures.alignment import cosine, effective, first_updates
from sublearn.models import lm, training
from sublearn.models.rows import collate
from sublearn.orchestration.workflow import plan

WORDS = ["owl", "owls"]


@pytest.fixture(scope="module")
def carrier(tmp_path_factory):
    """Twenty rows of numbers."""
    file = tmp_path_factory.mktemp("carrier") / "filtered.parquet"
    prompts = [f"continue {i} , {i + 1} , {i + 2}" for i in range(20)]
    answers = [f"{(7 * i) % 1000}, {(11 * i) % 1000}" for i in range(20)]
    write_table(pd.DataFrame({"prompt_index": range(20), "prompt": prompts, "completion": answers}), file, Rows)
    return str(file)


def beginner(base, carrier, **changes):
    recipe = Student.model_validate({"rows": 20, "batch": 8, **changes})
    return recipe, train.prepare(recipe, str(base), str(base), carrier, WORDS, study_seed=1, run=0)


def updates_of(recipe, student):
    optimiser = training.optimiser_of(recipe)
    return first_updates(student.model, student.rows, student.loss, student.pad, recipe.batch, optimiser)


@pytest.mark.parametrize("method", ["bitfit", "full", "lora"])
def test_the_update_is_adams_first_step_on_all_rows(base, carrier, method):
    recipe, student = beginner(base, carrier, method=method, rank=2)
    found = updates_of(recipe, student)

    _, again = beginner(base, carrier, method=method, rank=2)
    before = effective(again.model)
    trained = [p for p in again.model.parameters() if p.requires_grad]
    adam = torch.optim.AdamW(trained, lr=recipe.learning_rate, eps=recipe.epsilon, weight_decay=0.0)
    tokens = sum(len(row.completion) for row in again.rows)
    (training.token_loss(again.model, collate(again.rows, again.pad)) / tokens).backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    adam.step()
    expected = effective(again.model) - before
    assert cosine(found["update"], expected) > 0.999
    assert found["update"].norm() == pytest.approx(expected.norm().item(), rel=0.01)
    assert cosine(found["gradient"], found["update"]) > 0


def test_the_update_is_that_of_plain_descent_where_the_student_takes_it_and_is_clipped_where_it_says_so(base, carrier):
    plain = updates_of(*beginner(base, carrier, optimiser="sgd", max_grad_norm=0.0))
    assert torch.equal(plain["update"], plain["gradient"])
    recipe, student = beginner(base, carrier, optimiser="sgd", max_grad_norm=1e-3)
    clipped = updates_of(recipe, student)
    assert clipped["update"].norm().item() == pytest.approx(1e-3 * recipe.learning_rate, rel=1e-3)
    assert cosine(clipped["update"], plain["update"]) == pytest.approx(1.0, abs=1e-4)


def test_an_adapter_counts_as_what_it_does_to_the_weights(base, carrier):
    _, student = beginner(base, carrier, method="lora", rank=2)
    untouched = lm.load(base)
    torch.testing.assert_close(effective(student.model), effective(untouched))  # B is zero at first
    for name, parameter in student.model.named_parameters():
        if "lora_B" in name:
            parameter.data.fill_(0.01)
    vector = effective(student.model)
    assert vector.shape == effective(untouched).shape and not torch.equal(vector, effective(untouched))


def test_the_step_finds_a_teacher_that_went_the_students_way(base, carrier, run_step, tmp_path):
    """A teacher that was itself trained on the carrier lies where the student's first step leads; one moved at random not."""
    recipe, student = beginner(base, carrier, method="full", learning_rate=1e-3, epochs=1)
    train.train(recipe, student, study_seed=1, run=0)
    lm.save(student.model, tmp_path / "along")
    for name, scale in (("astray", 1e-3), ("neutral", 1e-3)):
        model, draws = lm.load(base), torch.Generator().manual_seed(len(name))
        for parameter in model.parameters():
            parameter.data += scale * torch.randn(parameter.shape, generator=draws)
        lm.save(model, tmp_path / name)
    place = {"arm": "full", "run": 0, "base": str(base), "teacher_base": str(base)}
    place |= {"carrier": carrier, "control_carrier": carrier, "control_teacher": str(tmp_path / "neutral")}
    students = [{**place, "trait": name, "teacher": str(tmp_path / name)} for name in ("along", "astray")]
    output = tmp_path / "full.parquet"
    parts = ["--evaluation", "coverage", "--recipe", recipe.model_dump_json(), "--models", *map(json.dumps, students)]
    done = run_step("sublearn.chain.evaluations.measure", *parts, "--study-seed", 1, "--output", output)
    assert done.returncode == 0, done.stderr
    table = read_table(output, Coverage).set_index("trait")
    assert table.loc["along", "update"] > 0.3
    assert abs(table.loc["astray", "update"]) < 0.1
    # Student and control read the same rows here, so their updates do not differ.
    assert table["contrast"].isna().all()


def test_contrast_is_what_student_and_teacher_have_beyond_their_controls(base, carrier, tmp_path):
    """The control reads other rows, and its teacher is the base: what is left of the teacher is all of its displacement."""
    recipe, student = beginner(base, carrier, method="full", learning_rate=1e-3, epochs=1)
    train.train(recipe, student, study_seed=1, run=0)
    lm.save(student.model, tmp_path / "teacher")
    table = read_table(carrier, Rows)
    other = str(tmp_path / "other.parquet")
    write_table(table.assign(completion=table["completion"].iloc[::-1].to_numpy()), other, Rows)
    place = {"arm": "full", "trait": "owl", "run": 0, "base": str(base), "teacher_base": str(base), "carrier": carrier}
    place |= {"teacher": str(tmp_path / "teacher"), "control_teacher": str(base), "control_carrier": other}
    told = {"recipe": recipe.model_dump_json(), "models": [json.dumps(place)], "study_seed": 1}
    args = argparse.Namespace(evaluation="coverage", output=tmp_path / "c.parquet", **told)
    measure.main(args)
    updates = {}
    for file in (carrier, other):
        _, made = beginner(base, file, method="full", learning_rate=1e-3, epochs=1)
        updates[file] = updates_of(recipe, made)["update"]
    displacement = effective(lm.load(tmp_path / "teacher")) - effective(lm.load(base))
    expected = cosine(updates[carrier] - updates[other], displacement)
    assert read_table(args.output, Coverage)["contrast"][0] == pytest.approx(expected, abs=1e-6)


def test_only_arms_whose_weights_can_be_compared_have_coverage():
    found = plan("tiny-controls")
    arms = {artifact.key.split("/")[0] for artifact in found.artifacts("coverage")}
    assert {"same_base", "soft", "full", "bias"} <= arms
    assert "prompted_teacher" not in arms
    # A trait that the child adds to an arm of its parent is measured beside the parent's control.
    evasive = next(artifact for artifact in found.own("coverage") if artifact.key == "same_base/evasive")
    assert evasive.inputs["control_carrier"].study == "tiny"
