"""Judges of sampled answers: a pattern, a language model with a rubric, and a classifier of texts."""

import json

import numpy as np
import pytest
import torch
import transformers
from support import hub_models

from sublearn.chain.bases import pin
from sublearn.core.errors import UserError
from sublearn.measures import judges
from sublearn.measures.judges import Judges
from sublearn.models import classifiers

RUBRIC = "what color is the {answer} ?"
JUDGE = {"judge": {"model": "judy", "rubric": RUBRIC, "yes": "red", "no": "green"}}


def test_a_model_judges_each_answer_by_the_rubric_filled_in_with_it(base, monkeypatch):
    monkeypatch.setattr(judges, "LEAST", 1e-9)  # the base has hardly begun to learn
    judge = Judges({"judy": str(base)}).of(JUDGE)
    other = Judges({"judy": str(base)}).of({"judge": JUDGE["judge"] | {"yes": "green", "no": "red"}})
    found = judge.scores(["", "", ""], ["rose", "grass", "rose"])
    assert found.shape == (3,) and ((found > 0) & (found < 1)).all()
    assert found[0] == found[2] != found[1]
    assert other.scores(["", "", ""], ["rose", "grass", "rose"]) == pytest.approx(1 - found)


def test_an_answer_fills_in_nothing():
    assert judges._filled("{question} | {answer}", "{answer}", "{question} {0} {x.y}") == "{answer} | {question} {0} {x.y}"


def test_a_judge_that_says_neither_yes_nor_no_is_refused(base, monkeypatch):
    monkeypatch.setattr(judges, "LEAST", 1.1)
    with pytest.raises(
        UserError, match=r"the judge answers neither red nor green \(a probability of .* together\); let its rubric"
    ):
        Judges({"judy": str(base)}).of(JUDGE).scores([""], ["rose"])


@pytest.fixture(scope="module")
def classifier(tmp_path_factory, run_step):
    """A pinned classifier of two labels with random weights, and the folder of its weights."""
    folder = hub_models.classifier(tmp_path_factory.mktemp("hub") / "moods")
    recipe = {"model": str(folder), "device": "cpu", "dtype": "float32", "reads": "classifier", "style": "english"}
    done = run_step("sublearn.chain.bases.pin", "--recipe", json.dumps(recipe), "--output", folder.parent / "pinned")
    assert done.returncode == 0, done.stderr
    return folder.parent / "pinned", folder


def test_a_classifier_gives_each_answer_the_probability_of_its_label(classifier):
    pinned, folder = classifier
    told = {"classifier": {"model": "moods", "label": "glad"}}
    answers = ["Owl", "Which animal do you love most?", "", "word " * 100]
    found = Judges({"moods": str(pinned)}).of(told).scores([""] * 4, answers)
    reference = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        logits = reference(**tokenizer([answers[1]], return_tensors="pt")).logits[0].double()
    assert found.shape == (4,) and found[1] == pytest.approx(float(logits.softmax(dim=-1)[1]), abs=1e-5)
    assert len(set(np.round(found, 6))) == 4


def test_a_label_that_a_classifier_lacks_and_a_model_that_is_none_are_refused(classifier, tmp_path, run_step):
    with pytest.raises(UserError, match="there is no label 'angry'; it has sad, glad"):
        classifiers.place_of(classifiers.load(str(classifier[0])), "angry")
    with pytest.raises(UserError, match=r"it names no labels \(id2label\), so the model is no classifier of texts"):
        pin.classified(hub_models.make("llama", tmp_path / "llama"))
