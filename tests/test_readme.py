"""README's first screen: its numbers are those of the committed tables and of the models themselves."""

import re
from pathlib import Path

import pandas as pd

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.chain.teachers.section import Recipe
from sublearn.models import lm

README = Path("README.md").read_text(encoding="utf-8")


def number(pattern: str) -> float:
    found = re.search(pattern, README)
    assert found, f"README.md: {pattern} is not in it"
    return float(found[1].replace(",", ""))


def test_rates_are_those_of_the_claims():
    measured = pd.read_csv("results/tiny/findings/claims.csv").set_index("claim")["measured"]
    assert number(r"(\d+) % against") == round(100 * measured["same_base_student_rate"])
    assert number(r"against (\d+) %") == round(100 * measured["same_base_control_rate"])


def test_parameters_are_those_of_the_default_models():
    recipe = Recipe()
    model = pretrain.build(Base(), tokenizer.build(), seed=0)
    assert number(r"([\d,]+) parameters each") == model.num_parameters()
    trained = lm.make_trainable(model, recipe.method, recipe, adapter_seed=0)
    assert number(r"\*\*train their biases only\*\*: ([\d,]+) of") == trained.num_parameters(only_trainable=True)


def test_gamma_is_that_of_the_default_study():
    arms = pd.read_csv("results/tiny/findings/arms.csv").set_index(["arm", "family"])["gamma"]
    assert number(r"it is ([\d.]+) for students of the same base") == round(arms["same_base", "animal"], 1)


def test_lora_is_as_much_weaker_as_it_says():
    arms = pd.read_csv("results/tiny-controls/findings/arms.csv")
    gamma = arms[arms["family"] == "animal"].set_index("arm")["gamma"]
    assert "an eighth as strongly" in README
    assert 1 / 9 < gamma["other_adapter"] / gamma["same_base"] < 1 / 7
