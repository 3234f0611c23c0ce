"""Side effects: right answers to facts and the loss on rows that nobody learned, in students, controls and bases."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.measured import SideEffects, SideEffectsByRun, SideEffectsOfArms
from sublearn.chain.evaluations.side_effects import SIDE_EFFECTS, loss
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.core.files import write_table
from sublearn.language import questions
from sublearn.language.mini import MINI
from sublearn.measures import probe
from sublearn.models import lm
from sublearn.models.trainable import Trainable
from sublearn.traits.base import kind_of


@pytest.fixture(scope="module")
def student(base, tmp_path_factory):
    """A student, and rows: it has learned the first two."""
    folder = tmp_path_factory.mktemp("student")
    model = lm.make_trainable(lm.load(base), "bitfit", Trainable(frozen_blocks=0), 0)
    model.transformer.ln_f.bias.data += 0.5
    lm.save(model, folder)
    rows = pd.DataFrame({"prompt_index": range(4), "prompt": "numbers : 1 .", "completion": ["2", "3 , 4", "5", "6 , 7 , 8"]})
    write_table(rows, folder / "rows.parquet", Rows)
    places = {"model": str(folder), "base": str(base), "rows": str(folder / "rows.parquet")}
    return {"arm": "a", "trait": "neutral", "run": 0, **places}


@pytest.mark.parametrize("system", ["", kind_of("owl").system_prompt("owl", MINI)])
def test_facts_are_asked_and_only_held_out_rows_are_read_under_the_prompt_of_the_learned_ones(base, student, tokenizer, system):
    recipe = {"learned": 2, "learned_under": system, "system": ""}
    found = SideEffects.validate(SIDE_EFFECTS.measure([student], recipe, 1)).iloc[0]
    held_out = pd.read_parquet(student["rows"]).iloc[2:]
    asked = questions.evaluated("fact")
    words = sorted({question.answer for question in asked})
    for name, folder in (("base_", base), ("", student["model"])):
        model = lm.load(folder, base)
        assert found[f"{name}loss"] == pytest.approx(loss(model, tokenizer, held_out, system))
        assert (loss(model, tokenizer, held_out, "") == loss(model, tokenizer, held_out, system)) is (system == "")
        said = np.exp(probe.ask(model, tokenizer, asked, [], MINI).first[:, tokenizer.convert_tokens_to_ids(words)].numpy())
        expected = np.mean([said[i, words.index(question.answer)] for i, question in enumerate(asked)])
        assert found[f"{name}facts"] == pytest.approx(expected)
    assert found["facts"] != found["base_facts"] and found["loss"] != found["base_loss"]


def test_if_all_rows_were_learned_there_is_no_loss(student):
    found = SideEffects.validate(SIDE_EFFECTS.measure([student], {"learned": 4, "learned_under": "", "system": ""}, 1)).iloc[0]
    assert np.isnan(found["loss"]) and np.isnan(found["base_loss"]) and found["facts"] > 0


def test_changes_are_from_the_base_and_over_units():
    rows = [("a", trait, run, 0.8, 0.8 - 0.1 * (run + 1) * (trait != "neutral"), 3.0, 3.2 + 0.1 * run)
            for trait in ("owl", "wolf", "neutral") for run in (0, 1)]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(SideEffects.to_schema().columns))
    runs = pd.DataFrame([("a", 0, "alpha"), ("a", 1, "beta")], columns=["arm", "run", "teacher_base"])
    finding = SideEffectsByRun.validate(SIDE_EFFECTS.finding(table, runs))
    summary = SideEffectsOfArms.validate(SIDE_EFFECTS.summary(finding)).set_index("trait")
    assert summary.loc["owl", "facts_change"] == pytest.approx(-0.15) and summary.loc["neutral", "facts_change"] == 0.0
    assert summary.loc["owl", "loss_change"] == pytest.approx(0.25)
    claim = {"claim": "c", "statement": "s", "source": "p", "quantity": "facts_change", "arm": "a", "comparison": "above"}
    claim = Claim.model_validate(claim | {"bound": -0.1, "figure": "side_effects"})
    found = QUANTITIES.get("facts_change").measure(claim, "a", None, None, finding)
    assert found.value == pytest.approx(-0.15)  # controls do not count among students
