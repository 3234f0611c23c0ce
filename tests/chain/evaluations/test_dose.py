"""The dose curve: base, kept students and finished student are asked alike, and gamma is taken at each dose."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.evaluations.dose import DOSE
from sublearn.chain.evaluations.tables import Curves, Doses
from sublearn.language import questions
from sublearn.language.mini import MINI
from sublearn.measures import probe
from sublearn.models import lm
from sublearn.models.trainable import Trainable


@pytest.fixture(scope="module")
def student(base, tmp_path_factory):
    """A folder with the student after two updates and the finished one, each with biases of its own."""
    folder = tmp_path_factory.mktemp("student")
    for place, shift in ((folder / "after2", 0.1), (folder, 0.5)):
        model = lm.make_trainable(lm.load(base), "bitfit", Trainable(frozen_blocks=0), 0)
        model.transformer.ln_f.bias.data += shift
        lm.save(model, place)
    return folder


def test_each_dose_is_measured_on_the_student_as_it_was_then(base, student):
    identity = {"arm": "same_base", "trait": "owl", "run": 0, "folder": str(student), "base_folder": str(base)}
    recipe = {"traits": ["owl", "wolf", "oak"], "updates": [2, 5], "system": ""}
    table = Doses.validate(DOSE.measure([identity], recipe, 1))
    assert list(zip(table["updates"], table["target"], strict=True)) == [(u, t) for u in (0, 2, 5) for t in ("owl", "wolf")]
    tokenizer, asked = lm.load_tokenizer(base), questions.evaluated("animal")
    for updates, place in ((0, base), (2, student / "after2"), (5, student)):
        expected = probe.ask(lm.load(place, base), tokenizer, asked, ["wolf"], MINI).probabilities("wolf").mean()
        measured = table.loc[(table["updates"] == updates) & (table["target"] == "wolf"), "probability"]
        assert measured.item() == pytest.approx(expected)


def test_gamma_is_taken_at_each_dose_of_families_with_enough_traits():
    rows = [
        {"arm": "a", "trait": trait, "run": 0, "updates": updates, "target": target, "probability": 0.5,
         "log_odds": updates * (trait == target) + (target == "owl")}
        for updates in (0, 4) for traits in (("eagle", "owl", "wolf"), ("oak", "elm")) for trait in traits for target in traits
    ]  # fmt: skip
    runs = pd.DataFrame([("base", 0, None), ("a", 0, "alpha"), ("a", 1, "beta")], columns=["arm", "run", "teacher_base"])
    curves = Curves.validate(DOSE.finding(pd.DataFrame(rows), runs))
    assert set(curves["unit"]) == {"alpha"}
    assert list(curves["family"]) == ["animal", "animal"]
    assert np.allclose(curves.set_index("updates")["gamma"].reindex([0, 4]), [0.0, 4.0])
