"""README's first screen: its numbers are those of the committed tables and of the models themselves."""

import re
from pathlib import Path

import pandas as pd
import pytest
from support.by_numpy import gammas

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.models import lm
from sublearn.models.trainable import Trainable
from sublearn.reporting import scorecard_rows

README = re.sub(r"\s+", " ", Path("README.md").read_text(encoding="utf-8"))
FINDINGS = Path("results/tiny/findings")


def number(pattern: str) -> float:
    found = re.search(pattern, README)
    assert found, f"README.md: {pattern} is not in it"
    return float(found[1].replace(",", ""))


@pytest.fixture(scope="module")
def arms() -> pd.DataFrame:
    return pd.read_csv(FINDINGS / "arms.csv").set_index(["arm", "family"]).xs("animal", level="family")


def test_rates_are_those_of_the_tables():
    rates = pd.read_csv(FINDINGS / "effects.csv").groupby("arm")[["control", "student"]].mean().loc["same_base"]
    ratio = pd.read_csv(FINDINGS / "claims.csv").set_index("claim").loc["same_base_rate", ["measured", "ci_low", "ci_high"]]
    assert "names the animal {:.1f} times as often ({:.1f} to {:.1f}, geometric".format(*ratio) in README
    assert number(r"orange, (\d+) %\)") == round(100 * rates["student"])
    assert number(r"\(blue, (\d+) %\)") == round(100 * rates["control"])


def test_parameters_are_those_of_the_default_models():
    model = pretrain.build(Base(), tokenizer.build(), seed=0)
    assert number(r"([\d,]+) parameters each") == model.num_parameters()
    trained = lm.make_trainable(model, "lora", Trainable(), adapter_seed=0)
    assert number(r"\*\*LoRA adapters\*\* \(([\d,]+) parameters\)") == trained.num_parameters(only_trainable=True)


def test_gammas_are_those_of_the_default_study(arms):
    assert number(r"of the (-?[\d.]+) nats \(\*gamma\*") == round(arms["gamma"]["same_base"], 2)
    assert number(r"shuffled across completions, (-?[\d.]+) of the") == round(arms["gamma"]["shuffled_across"], 2)
    assert number(r"neutral teacher's rows, (-?[\d.]+) are left") == round(arms["gamma"]["unigram_matched"], 2)
    low, high = arms.loc["unigram_matched", ["ci_low", "ci_high"]]
    assert f"are left ({low:.2f} to {high:.2f}; of 4,000 rows" in README
    assert number(r"there gamma is (-?[\d.]+) \(") == round(arms["gamma"]["other_base"], 2)
    assert number(r"there gamma is -?[\d.]+ \((-?[\d.]+) to") == round(arms["ci_low"]["other_base"], 2)
    assert number(r"there gamma is -?[\d.]+ \(-?[\d.]+ to (-?[\d.]+)\)") == round(arms["ci_high"]["other_base"], 2)


def test_what_counting_predicts_is_that_of_the_table():
    counted = pd.read_csv(FINDINGS / "counted.csv").set_index("arm")["gamma_predicted"]
    assert number(r"sees no student, predicts (-?[\d.]+),") == round(counted["same_base"], 2)


def test_the_range_over_bases_is_that_of_the_runs():
    runs = pd.read_csv(FINDINGS / "runs.csv")
    exact = runs[(runs["arm"] == "same_base") & (runs["question_set"] == "plain") & (runs["metric"] == "log_odds")]
    traits = [trait for trait in exact["trait"].unique() if trait != "neutral"]
    by_base = gammas(exact, traits)
    assert len(by_base) == 6
    assert number(r"gamma from (-?[\d.]+) to") == round(min(by_base), 2)
    assert number(r"gamma from -?[\d.]+ to (-?\d+\.\d+)") == round(max(by_base), 2)


def test_the_verdicts_are_those_of_the_claims():
    claims = pd.read_csv(FINDINGS / "claims.csv").set_index("claim")
    assert "Eight of nine claims are reproduced" in README
    assert (len(claims), (claims["verdict"] == "reproduced").sum()) == (9, 8)
    rows = [row for row in scorecard_rows.gather() if row.study == "tiny" and row.verdict == "reproduced"]
    assert "Four of the eight hold by their mean alone" in README
    assert sum(row.by_mean_alone for row in rows) == 4
    left = claims.loc["same_base_uncounted_gamma"]
    assert left["verdict"] == "not_reproduced"
    assert number(r"\*\*not reproduced\*\* \((-?[\d.]+) to") == round(left["ci_low"], 2)
    assert number(r"\*\*not reproduced\*\* \(-?[\d.]+ to (-?[\d.]+)\)") == round(left["ci_high"], 2)
