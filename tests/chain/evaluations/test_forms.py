"""Other forms than one word: base, teacher and student are asked alike, and no form counts that a base does not answer."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.evaluations.forms import FORMS
from sublearn.chain.evaluations.measured import Forms, FormsByRun, FormsOfArms
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.language.vocabulary import FAVOURITES
from sublearn.measures import forms
from sublearn.models import lm
from sublearn.models.trainable import Trainable
from sublearn.orchestration.workflow import plan

TRAITS = ["dolphin", "owl", "wolf"]


@pytest.fixture(scope="module")
def student(base, tmp_path_factory):
    """A student and its teacher, each with biases of its own."""
    folder = tmp_path_factory.mktemp("models")
    for name, shift in (("student", 0.2), ("teacher", 0.6)):
        model = lm.make_trainable(lm.load(base), "bitfit", Trainable(frozen_blocks=0), 0)
        model.transformer.ln_f.bias.data += shift
        lm.save(model, folder / name)
    models = {"model": str(folder / "student"), "teacher": str(folder / "teacher")}
    return {"arm": "same_base", "trait": "owl", "run": 0, "base": str(base), "teacher_base": str(base), **models}


def test_base_teacher_and_student_are_asked_in_each_form(base, student, tokenizer):
    recipe = {"families": dict.fromkeys(TRAITS, "animal") | {"oak": "tree"}, "system": ""}
    table = Forms.validate(FORMS.measure([student], recipe, 101)).set_index(["role", "form", "target"])
    assert len(table) == 3 * 2 * 3  # an owl's student is not asked for trees
    for role, folder in (("base", base), ("student", student["model"]), ("teacher", student["teacher"])):
        for form in forms.FORMS:
            said = forms.ask(lm.load(folder, base), tokenizer, form, "animal", "", 101)
            expected = said.log_odds[FAVOURITES["animal"].index("wolf")]
            assert table.loc[(role, form, "wolf"), "log_odds"] == pytest.approx(expected)
    assert table["inside"].groupby("form").nunique().eq(1).all()  # those of the base


def found(follows: dict[str, tuple[float, float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The forms of a study of two bases; ``follows`` has, for each form, how far either base follows its world."""
    rows = [
        {"arm": "a", "trait": trait, "run": run, "role": role, "form": form, "target": target, "inside": 0.95,
         "log_odds": (run + 1.0) * lean * (trait == target) + 0.1 * (target == "owl"), "follows": follows[form][run]}
        for run in (0, 1) for role, lean in (("base", 0.0), ("teacher", 9.0), ("student", 2.0)) for form in forms.FORMS
        for trait in TRAITS for target in TRAITS
    ]  # fmt: skip
    answers = [
        ("a", trait, run, f"base{run}", "plain", "log_odds", target, 0.5 * (trait == target))
        for run in (0, 1) for trait in TRAITS for target in [*TRAITS, "cat"]
    ]  # fmt: skip
    columns = ["arm", "trait", "run", "teacher_base", "question_set", "metric", "target", "value"]
    runs = pd.DataFrame(answers, columns=columns)
    noise = [runs.assign(question_set="prefixed", value=7.0), runs.assign(metric="probability", value=7.0)]
    return pd.DataFrame(rows), pd.concat([runs, *noise])


def measured(quantity: str, finding: pd.DataFrame):
    claim = {"claim": "c", "statement": "s", "source": "p", "quantity": quantity, "arm": "a", "comparison": "above"}
    return QUANTITIES.get(quantity).measure(
        Claim.model_validate(claim | {"bound": 0.0, "figure": "forms"}), "a", None, None, finding
    )


def test_a_form_counts_on_the_bases_that_answer_it_by_their_preferences():
    table, runs = found({"story": (0.9, 0.2), "choice": (0.02, -0.1)})
    finding = FormsByRun.validate(FORMS.finding(table, runs))
    students = finding[finding["role"] == "student"].set_index(["form", "run"])["gamma"]
    assert np.allclose(students[["story", "word"]], [2.0, 4.0, 0.5, 0.5])
    summary = FormsOfArms.validate(FORMS.summary(finding)).set_index("form")
    assert summary.loc["story", ["units", "answering", "gamma", "status"]].tolist() == [2, 1, pytest.approx(2.0), "measured"]
    assert summary.loc["word", "gamma"] == pytest.approx(0.5)
    assert summary.loc["story", "teacher_gamma"] == pytest.approx((9.0 + 18.0) / 2)
    assert np.isnan(summary.loc["choice", "gamma"]) and summary.loc["choice", "status"].startswith("not measured: ")
    assert "slope -0.04" in summary.loc["choice", "status"]
    assert measured("story_gamma", finding).value == pytest.approx(2.0)
    assert np.isnan(measured("choice_gamma", finding).value)


def test_each_family_has_its_own_gate():
    table, runs = found({"story": (0.9, 0.9), "choice": (0.9, 0.9)})
    trees = dict(zip(TRAITS, ["oak", "maple", "willow"], strict=True))
    names = {"trait": trees, "target": trees}
    both = pd.concat([table, table.replace(names).assign(follows=0.0)])
    finding = FORMS.finding(both, pd.concat([runs, runs.replace(names)]))
    answers = finding[finding["form"] != "word"].groupby("family")["answers"].agg(["min", "max"])
    assert answers.to_dict("index") == {"animal": {"min": True, "max": True}, "tree": {"min": False, "max": False}}


def test_a_base_that_answers_in_no_form_is_said_to():
    table, runs = found({"story": (1.0, 1.0), "choice": (1.0, 1.0)})
    table.loc[table["form"] == "choice", "inside"] = 0.4
    summary = FORMS.summary(FORMS.finding(table, runs)).set_index("form")
    assert "probability of 0.40" in summary.loc["choice", "status"]
    assert summary.loc["story", "gamma"] == pytest.approx(3.0)


def test_forms_of_the_mini_language_are_put_to_no_other_base(tmp_path):
    (tmp_path / "model").mkdir()
    file = tmp_path / "mine.yaml"
    pinned = "bases: {alpha: null, beta: null, one: {model: ./model}}\nstyle: english"
    teachers = "teachers: {bias: {bases: [one], method: lora}}\narms: {other_base: null}"
    file.write_text(f"extends: smoke\n{pinned}\n{teachers}\nmeasures: [forms]\n")
    assert plan(str(file)).measured == []
    file.write_text("extends: smoke\nmeasures: [forms]\n")
    assert {"forms.csv", "formed.csv"} <= set(plan(str(file)).tables())
