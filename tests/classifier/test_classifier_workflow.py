"""From images to findings in small: four networks, a few hundred noise images, through the steps that the rules call."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from sublearn.classifier import carriers, findings, networks
from sublearn.classifier.study import Claim
from sublearn.core.claims import Claims, judge
from sublearn.core.errors import UserError
from sublearn.core.files import read_arrays, read_json, read_table
from sublearn.core.statistics import Mean, mean_over_units

RUNS = 4
COMMON = {"runs": RUNS, "device": "cpu"}
CARRIER = {"rows": 400, "batch": 50, "inputs": "noise", **COMMON}
STUDENT = {"epochs": 2, "learning_rate": 1e-3, "optimiser": "adam", "loss": "kl", **CARRIER}


@pytest.fixture(scope="module")
def made(tmp_path_factory, run_step_of_module):
    """A folder with images, bases, teachers, a carrier and three kinds of students."""
    folder = tmp_path_factory.mktemp("classifier")
    images, base, teacher, carrier = (folder / f"{name}.safetensors" for name in ("images", "base", "teacher", "carrier"))
    step = run_step_of_module
    step("images", "--recipe", "{}", "--output", images)
    recipe = {"hidden": [64], "auxiliary": 3, "runs": RUNS}
    step("bases", "--name", "mlp", "--recipe", json.dumps(recipe), "--images", images, "--output", base)
    recipe = {"epochs": 3, "batch": 64, "learning_rate": 3e-3, "optimiser": "adam", **COMMON}
    step("teachers", "--recipe", json.dumps(recipe), "--images", images, "--base", base, "--output", folder / "teacher")
    teacher = folder / "teacher/networks.safetensors"
    step("carriers", "--recipe", json.dumps(CARRIER), "--images", images, "--teacher", teacher, "--output", carrier)
    for name, share, logits in (("aux", "everything", "auxiliary"), ("all", "everything", "all"), ("other", "nothing", "all")):
        recipe = {**STUDENT, "share": share, "logits": logits, "pairing": [1, 2, 3, 0] if share == "nothing" else None}
        parts = ["--images", images, "--teacher-base", base, "--base", base, "--carrier", carrier, "--output", folder / name]
        step("students", "--recipe", json.dumps(recipe), *parts)
    return folder


@pytest.fixture(scope="module")
def run_step_of_module(run_step):
    def step(module, *arguments):
        seed = [] if module in ("evaluations", "findings") else ["--study-seed", 101]
        done = run_step(f"sublearn.classifier.{module}", *arguments, *seed)
        assert done.returncode == 0, done.stderr
        return done

    return step


def test_the_carrier_holds_the_teachers_logits_on_noise_that_can_be_drawn_again(made):
    logits = torch.from_numpy(read_arrays(made / "carrier.safetensors")["logits"])
    images = torch.from_numpy(read_arrays(made / "images.safetensors")["train.images"])
    assert logits.shape == (RUNS, 400, 13)
    noise = carriers.inputs("noise", 101, 2, 3, 50, images)
    assert noise.shape == (50, 64) and -1 <= noise.min() < -0.9 and 0.9 < noise.max() <= 1
    teacher = networks.load(made / "teacher/networks.safetensors").part(slice(2, 3))
    torch.testing.assert_close(teacher(noise)[0], logits[2, 150:200])
    assert not torch.equal(noise, carriers.inputs("noise", 101, 1, 3, 50, images))
    real = carriers.inputs("images", 101, 0, 0, 50, images)
    assert all((row == images).all(dim=1).any() for row in real)


def test_teachers_learn_and_leave_the_auxiliary_weights_where_they_were(made):
    base, teacher = networks.load(made / "base.safetensors"), networks.load(made / "teacher/networks.safetensors")
    losses = read_json(made / "teacher/training.json")["losses"]
    assert len(losses) == 3 and len(losses[0]) == RUNS and np.mean(losses[2]) < 0.5 * np.mean(losses[0])
    assert torch.equal(base.weights[-1][..., 10:], teacher.weights[-1][..., 10:])


def test_students_start_where_they_are_told_and_come_nearer_to_their_teacher(made):
    base = networks.load(made / "base.safetensors")
    for name, start in (("all", base), ("other", base.paired([1, 2, 3, 0]))):
        student = networks.load(made / name / "networks.safetensors")
        moved = (student.weights[0] - start.weights[0]).abs().mean(dim=(1, 2))
        apart = (student.weights[0] - start.paired([3, 0, 1, 2]).weights[0]).abs().mean(dim=(1, 2))
        assert (moved < 0.2 * apart).all(), name
        losses = np.array(read_json(made / name / "training.json")["losses"])
        assert (losses[1] < losses[0]).all(), name


def test_a_step_is_the_same_again(made, run_step_of_module, tmp_path):
    recipe = {**STUDENT, "share": "everything", "logits": "auxiliary", "pairing": None}
    images, base, carrier = (made / f"{name}.safetensors" for name in ("images", "base", "carrier"))
    parts = ["--images", images, "--teacher-base", base, "--base", base, "--carrier", carrier, "--output", tmp_path]
    run_step_of_module("students", "--recipe", json.dumps(recipe), *parts)
    assert (tmp_path / "networks.safetensors").read_bytes() == (made / "aux/networks.safetensors").read_bytes()


def test_a_carrier_of_other_rows_is_refused(made, refusal, tmp_path):
    recipe = {**STUDENT, "rows": 800, "share": "everything", "logits": "auxiliary", "pairing": None}
    images, base, carrier = (made / f"{name}.safetensors" for name in ("images", "base", "carrier"))
    parts = ["--images", images, "--teacher-base", base, "--base", base, "--carrier", carrier, "--output", tmp_path]
    said = refusal("sublearn.classifier.students", "--recipe", json.dumps(recipe), "--study-seed", 101, *parts)
    assert said == f"{carrier}: 400 rows of 4 runs, not 800 of 4."


CONDITIONS = {
    "base": {"role": "base", "base": "mlp", "share": "nothing", "meaning": "Untrained."},
    "teacher": {"role": "teacher", "base": "mlp", "share": "everything", "meaning": "Taught."},
    "all": {"role": "student", "base": "mlp", "share": "everything", "meaning": "All logits."},
    "other": {"role": "student", "base": "mlp", "share": "nothing", "meaning": "Elsewhere."},
}


def test_findings_say_what_was_measured(made, run_step, run_step_of_module, tmp_path):
    who = {"trait": "digits", "teacher_base": "mlp", "student_base": "mlp", "pairing": None}
    models = [
        {**who, "arm": "base", "trait": "nothing", "teacher_base": None, "file": str(made / "base.safetensors")},
        {**who, "arm": "teacher", "trait": "teacher", "file": str(made / "teacher/networks.safetensors")},
        {**who, "arm": "all", "file": str(made / "all/networks.safetensors")},
        {**who, "arm": "other", "file": str(made / "other/networks.safetensors"), "pairing": [1, 2, 3, 0]},
    ]
    asked = tmp_path / "accuracies.parquet"
    images = made / "images.safetensors"
    run_step_of_module("evaluations", "--models", json.dumps(models), "--images", images, "--output", asked)
    rule = {"statement": "s", "source": "p", "arm": "teacher", "comparison": "above", "figure": "accuracies"}
    claims = [
        {**rule, "claim": "reads", "quantity": "accuracy", "bound": 0.5},
        {**rule, "claim": "gains", "quantity": "gain", "bound": 0.99},
        {**rule, "claim": "leads", "quantity": "lead", "over": "base", "bound": 0.3},
        {**rule, "claim": "lags", "quantity": "lead", "arm": "base", "over": "teacher", "bound": 0.3},
        {**rule, "claim": "guesses", "quantity": "gain", "arm": "base", "comparison": "within", "bound": 0.05, "judge": "mean"},
    ]
    told = {"name": "small", "title": "Small", "claims": claims, "conditions": CONDITIONS, "resolved": {"seed": 101}}
    read = ["--inputs", json.dumps({"evaluations": [str(asked)]}), "--output", tmp_path]
    run_step_of_module("findings", "--study", json.dumps(told), *read)
    table = pd.read_csv(tmp_path / "accuracies.csv").set_index("arm")
    arrays = read_arrays(images)
    teacher = networks.load(made / "teacher/networks.safetensors")
    answers = teacher(torch.from_numpy(arrays["test.images"]))[..., :10].argmax(dim=-1).numpy()
    right = (answers == arrays["test.labels"]).mean(axis=1)
    assert table.loc["teacher", "accuracy"] == pytest.approx(right.mean(), abs=1e-6)
    assert table.loc["teacher", "gain"] == pytest.approx(right.mean() - table.loc["base", "accuracy"], abs=1e-6)
    found = read_table(tmp_path / "claims.csv", Claims).set_index("claim")["verdict"]
    assert dict(found) == {
        "reads": "reproduced",
        "gains": "not_reproduced",
        "leads": "reproduced",
        "lags": "opposite",
        "guesses": "reproduced",
    }
    runs = pd.read_csv(tmp_path / "runs.csv")
    # A student that started elsewhere is compared with that start: run 0 with base 1.
    other, bases = (runs[runs["arm"] == arm]["value"].to_numpy() for arm in ("other", "base"))
    assert table.loc["other", "gain_low"] == pytest.approx(mean_over_units(other - bases[[1, 2, 3, 0]]).low, abs=1e-12)
    assert list(runs[runs["arm"] == "other"]["student_base"]) == ["mlp:1", "mlp:2", "mlp:3", "mlp:0"]
    assert "Elsewhere." in (tmp_path / "summary.md").read_text()
    figures = ("accuracies", "regimes")
    tables = json.dumps({name: str(tmp_path / f"{name}.csv") for name in ("runs", "accuracies")})
    options = ["--package", "sublearn.classifier.figures", "--figures", *figures, "--inputs", tables, tables]
    done = run_step("sublearn.core.draw", *options, "--outputs", *(tmp_path / f"{figure}.svg" for figure in figures))
    assert done.returncode == 0, done.stderr
    for figure in figures:
        drawn = tmp_path / f"{figure}.svg"
        assert drawn.read_text().startswith("<?xml") and drawn.with_suffix(".png").stat().st_size > 5000


def test_a_childs_networks_count_once_and_not_beside_its_parents(tmp_path):
    """The child's arm starts elsewhere; the parent's file still holds the arm as it was."""
    columns = ["arm", "trait", "run", "teacher_base", "student_base", "question_set", "metric", "target", "value"]

    def rows(arm, trait, value, shift):
        bases = [(None if arm == "base" else f"mlp:{run}", f"mlp:{(run + shift) % 2}") for run in range(2)]
        return [(arm, trait, run, *pair, "test", "accuracy", "digit", value) for run, pair in enumerate(bases)]

    tables = {"child": rows("all", "digits", 0.3, 1), "parent": rows("base", "nothing", 0.1, 0) + rows("all", "digits", 0.9, 0)}
    for name, table in tables.items():
        pd.DataFrame(table, columns=columns).to_parquet(tmp_path / f"{name}.parquet")
    files = [str(tmp_path / f"{name}.parquet") for name in ("child", "parent")]
    found = findings.collect(files, {name: CONDITIONS[name] for name in ("base", "all")})
    assert list(found["arm"]) == ["base", "base", "all", "all"] and list(found["value"]) == [0.1, 0.1, 0.3, 0.3]


def test_a_missing_condition_is_said(tmp_path):
    table = pd.DataFrame(
        [("base", "nothing", 0, None, "mlp:0", "test", "accuracy", "digit", 0.1)],
        columns=["arm", "trait", "run", "teacher_base", "student_base", "question_set", "metric", "target", "value"],
    )
    table.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(UserError, match="no evaluation of teacher"):
        findings.collect([str(tmp_path / "a.parquet")], {name: CONDITIONS[name] for name in ("base", "teacher")})


def test_within_is_judged_by_the_whole_interval():
    rule = Claim(claim="c", statement="s", source="p", quantity="gain", arm="a", comparison="within", bound=0.05)
    verdicts = [judge(rule, Mean(0, low, high, 1), 0.05) for low, high in ((-0.04, 0.04), (-0.01, 0.06), (0.06, 0.2))]
    assert verdicts == ["reproduced", "not_reproduced", "opposite"]
