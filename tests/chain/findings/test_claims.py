"""Claims are measured as they say and judged by their rule."""

import math

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings.claims import judged
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.core.claims import Claims, judge
from sublearn.core.statistics import UNKNOWN, Mean, mean_over_units
from sublearn.measures import transfer

ANIMALS = ["dolphin", "eagle", "owl"]


def claim(**changes: object) -> Claim:
    plain = {
        "claim": "c",
        "statement": "s",
        "source": "p",
        "quantity": "gamma",
        "arm": "same_base",
        "comparison": "above",
        "bound": 0.0,
    }
    return Claim.model_validate(plain | {"figure": "gamma"} | changes)


def interval(low: float, high: float) -> Mean:
    return Mean((low + high) / 2, low, high, 0.5)


# Verdicts. Above: the claim is that the quantity exceeds the bound.


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (interval(0.6, 1.0), "reproduced"),
        (interval(0.4, 1.0), "not_reproduced"),  # reaches across the bound
        (interval(0.1, 0.4), "not_reproduced"),  # below the bound, though not below zero
        (interval(-0.4, 0.1), "not_reproduced"),
        (interval(-0.4, -0.1), "opposite"),
        (Mean(9.0, math.nan, math.nan, math.nan), "not_reproduced"),  # one run has no interval
        (Mean(-9.0, math.nan, math.nan, math.nan), "not_reproduced"),
        (UNKNOWN, "not_measured"),
    ],
)
def test_above_by_interval(found, verdict):
    assert judge(claim(), found, 0.5) == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (interval(0.1, 0.4), "reproduced"),
        (interval(-9.0, 0.4), "reproduced"),
        (interval(0.1, 0.6), "not_reproduced"),
        (interval(0.6, 1.0), "opposite"),
        (Mean(0.0, math.nan, math.nan, math.nan), "not_reproduced"),
        (UNKNOWN, "not_measured"),
    ],
)
def test_below_by_interval(found, verdict):
    assert judge(claim(comparison="below"), found, 0.5) == verdict


@pytest.mark.parametrize(
    ("comparison", "found", "verdict"),
    [
        ("above", interval(0.4, 1.0), "reproduced"),  # its mean is 0.7
        ("above", interval(0.0, 0.9), "not_reproduced"),
        ("above", interval(-0.9, -0.1), "opposite"),
        ("above", Mean(0.6, math.nan, math.nan, math.nan), "reproduced"),
        ("above", Mean(-0.6, math.nan, math.nan, math.nan), "not_reproduced"),
        ("below", interval(0.1, 0.6), "reproduced"),
        ("below", interval(0.4, 1.0), "not_reproduced"),
        ("below", interval(0.6, 1.0), "opposite"),
        ("below", Mean(0.4, math.nan, math.nan, math.nan), "reproduced"),
    ],
)
def test_by_mean(comparison, found, verdict):
    assert judge(claim(comparison=comparison, judge="mean"), found, 0.5) == verdict


def test_the_bound_itself_is_not_beyond_the_bound():
    for comparison in ("above", "below"):
        assert judge(claim(comparison=comparison, judge="mean"), interval(0.5, 0.5), 0.5) == "not_reproduced"


def test_a_rate_is_opposite_only_below_what_the_claim_says():
    rule = claim(quantity="student_rate", opposite_of=0.1)
    assert judge(rule, interval(0.05, 0.08), 0.5) == "opposite"
    assert judge(rule, interval(0.05, 0.2), 0.5) == "not_reproduced"


def test_a_bound_that_was_not_measured_judges_nothing():
    assert judge(claim(), interval(0.6, 1.0), math.nan) == "not_measured"


# Measurements.


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Runs of two arms of three animals, two bases and three runs; probabilities are round numbers with a little noise."""
    rng = np.random.default_rng(0)
    levels = {"same_base": 0.4, "other_base": 0.12}
    models = [("base", base, 0, base, None) for base in ("alpha", "beta")]
    models += [
        (arm, t, r, ("alpha", "beta")[r % 2], "alpha") for arm in levels for t in [*ANIMALS, "neutral"] for r in range(3)
    ]
    rows = []
    for arm, trait, run, student_base, teacher_base in models:
        for target in ANIMALS:
            p = {"base": {"alpha": 0.05, "beta": 0.08}.get(student_base)}.get(arm) or (levels[arm] if trait == target else 0.1)
            p += rng.uniform(-0.01, 0.01) * (arm != "base")
            for metric, value in (("probability", p), ("log_odds", math.log(p / (1 - p)))):
                rows.append((arm, trait, run, teacher_base, student_base, "plain", metric, target, value))
    runs = Runs.validate(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)))
    return {"runs": runs, "effects": Effects.validate(transfer.effects(runs)), "arms": Arms.validate(transfer.arms(runs))}


def measured(rule: Claim, tables: dict[str, pd.DataFrame]) -> Mean:
    return QUANTITIES.get(rule.quantity).measure(rule, rule.arm, tables["arms"], tables["runs"])


def test_gamma_is_the_arms(tables):
    row = tables["arms"].set_index("arm").loc["same_base"]
    assert measured(claim(), tables) == Mean(row["gamma"], row["ci_low"], row["ci_high"], row["p_value"])


def test_the_effect_of_one_trait_is_its_row_and_that_of_a_family_the_mean_of_each_run(tables):
    effects = tables["effects"][tables["effects"]["arm"] == "same_base"].set_index("trait")
    one = measured(claim(quantity="effect", trait="owl"), tables)
    assert (one.value, one.low, one.high) == pytest.approx(
        tuple(effects.loc["owl", ["effect", "ci_low", "ci_high"]]), abs=1e-12
    )
    runs = tables["runs"][(tables["runs"]["arm"] == "same_base") & (tables["runs"]["metric"] == "log_odds")]
    value = runs.set_index(["trait", "run", "target"])["value"]
    per_run = [np.mean([value[t, r, t] - value["neutral", r, t] for t in ANIMALS]) for r in range(3)]
    family, expected = measured(claim(quantity="effect"), tables), mean_over_units(np.array(per_run))
    assert (family.value, family.low, family.high) == pytest.approx((expected.value, expected.low, expected.high), abs=1e-12)
    assert family.value == pytest.approx(effects["effect"].mean(), abs=1e-12)


@pytest.mark.parametrize(("quantity", "level"), [("student_rate", 0.4), ("control_rate", 0.1), ("base_rate", 0.06)])
def test_rates_are_mean_probabilities(tables, quantity, level):
    column = quantity.removesuffix("_rate")
    effects = tables["effects"][tables["effects"]["arm"] == "same_base"]
    assert measured(claim(quantity=quantity), tables).value == pytest.approx(effects[column].mean(), abs=1e-12)
    assert measured(claim(quantity=quantity), tables).value == pytest.approx(level, abs=0.01)
    owl = measured(claim(quantity=quantity, trait="owl"), tables)
    assert owl.value == pytest.approx(effects.set_index("trait").loc["owl", column], abs=1e-12)


def test_what_a_study_has_not_is_not_measured(tables):
    for rule in (
        claim(arm="shuffled"),
        claim(family="tree"),
        claim(quantity="effect", family="tree"),
        claim(quantity="effect", trait="wolf"),
    ):
        assert math.isnan(measured(rule, tables).value)


def test_each_claim_has_a_row_with_its_verdict(tables):
    rules = [
        claim(claim="transfer", quantity="student_rate", bound=0.3, paper_value="over 60 %"),
        claim(claim="thrice", quantity="student_rate", bound=3.0, times="other_base"),  # 0.4 is 3.3 times 0.12
        claim(claim="four times", quantity="student_rate", bound=4.0, times="other_base"),
        claim(claim="half", quantity="effect", arm="other_base", comparison="below", bound=0.5, times="same_base"),
        claim(claim="null", quantity="effect", arm="other_base", comparison="below", bound=-1.0),
        claim(claim="elsewhere", arm="shuffled"),
        claim(claim="of nothing", quantity="student_rate", bound=2.0, times="shuffled"),
    ]
    found = Claims.validate(judged(rules, "tiny", tables["arms"], tables["runs"], {})).set_index("claim")
    assert dict(found["verdict"]) == {
        "transfer": "reproduced",
        "thrice": "reproduced",
        "four times": "not_reproduced",
        "half": "reproduced",
        "null": "opposite",
        "elsewhere": "not_measured",
        "of nothing": "not_measured",
    }
    assert found.loc["transfer", "paper_value"] == "over 60 %"
    assert found.loc["transfer", "measured"] == pytest.approx(0.4, abs=0.01)
    assert found.loc["four times", "quantity"] == "student_rate of animal in same_base above 4 x other_base (interval)"
    assert math.isnan(found.loc["elsewhere", "measured"])


def test_gamma_is_split_into_what_counting_predicts_and_the_rest(tables):
    """Runs 0 and 2 have one base of the student; what is predicted of a student is one more for its own animal in run 1."""
    keys = [(arm, t, r, target) for arm in ("same_base", "other_base") for t in ANIMALS for r in range(3) for target in ANIMALS]
    table = pd.DataFrame(keys, columns=["arm", "trait", "run", "target"]).assign(family="animal", unit="", null_sd=0.1)
    own = (table["trait"] == table["target"]).astype(float)
    table["predicted"], table["measured"] = own * (1.0 + (table["run"] == 1)), own * 3.0
    table["unit"] = "run " + table["run"].astype(str)
    rules = [
        claim(claim="counted", quantity="counted_gamma"),
        claim(claim="rest", quantity="uncounted_gamma"),
        claim(claim="as much", quantity="counted_gamma", comparison="above", bound=0.9, times="other_base", judge="mean"),
        claim(claim="no trees", quantity="counted_gamma", family="tree"),
    ]
    found = judged(rules, "tiny", tables["arms"], tables["runs"], {"counting": table}).set_index("claim")
    expected = mean_over_units(np.array([1.0, 2.0, 1.0]))
    assert found.loc["counted", "measured"] == pytest.approx(4 / 3)
    assert found.loc["counted", ["ci_low", "ci_high"]].tolist() == pytest.approx([expected.low, expected.high])
    assert found.loc["rest", "measured"] == pytest.approx(3 - 4 / 3)
    assert found.loc["as much", "measured"] == pytest.approx(4 / 3) and found.loc["no trees", "verdict"] == "not_measured"
    without = judged(rules, "tiny", tables["arms"], tables["runs"], {})
    assert set(without["verdict"]) == {"not_measured"}
