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


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (interval(-0.4, 0.4), "reproduced"),
        (interval(-0.4, 0.6), "not_reproduced"),  # its mean is 0.1
        (interval(-0.6, 0.4), "not_reproduced"),
        (interval(0.5, 0.9), "not_reproduced"),
        (interval(0.6, 0.9), "opposite"),
        (interval(-0.9, -0.6), "opposite"),
        (Mean(0.0, math.nan, math.nan, math.nan), "not_reproduced"),
    ],
)
def test_within_needs_the_whole_interval_inside(found, verdict):
    assert judge(claim(comparison="within", bound=0.5), found, 0.5) == verdict


def test_the_bound_itself_is_not_beyond_the_bound():
    for comparison in ("above", "below"):
        assert judge(claim(comparison=comparison, judge="mean"), interval(0.5, 0.5), 0.5) == "not_reproduced"


def test_a_rate_is_opposite_only_below_what_the_claim_says():
    rule = claim(quantity="student_rate", bound=0.5, opposite_of=0.1)
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


def test_the_control_shift_is_the_control_against_its_base(tables):
    """Controls are at 0.1; bases are at 0.05 in runs 0 and 2, at 0.08 in run 1."""
    found = measured(claim(quantity="control_shift"), tables)
    assert found.value == pytest.approx(0.04, abs=0.01) and 0 < found.low < found.value < found.high


def test_a_rate_ratio_is_a_geometric_mean_over_units(tables):
    exact = tables["runs"][(tables["runs"]["arm"] == "same_base") & (tables["runs"]["metric"] == "probability")]
    rate = exact.set_index(["trait", "run", "target"])["value"]
    logs = [
        np.log(np.mean([rate[t, r, t] for t in ANIMALS]) / np.mean([rate["neutral", r, t] for t in ANIMALS])) for r in range(3)
    ]
    expected, found = mean_over_units(np.array(logs)), measured(claim(quantity="rate_ratio"), tables)
    assert (found.value, found.low, found.high) == pytest.approx(
        tuple(np.exp([expected.value, expected.low, expected.high])), abs=1e-12
    )


def test_the_null_is_the_arms_and_judged_by_its_mean(tables):
    rule = claim(quantity="null_p", comparison="above", bound=0.05, judge="mean")
    assert measured(rule, tables).value == tables["arms"].set_index("arm").loc["same_base", "null_p"]
    assert math.isnan(measured(rule, tables).low)


def answers(arms: dict[str, tuple[list[str], list[str]]], seed: int = 1) -> pd.DataFrame:
    """Made-up ``runs.csv`` of arms with traits and teachers' bases of their own; students start from their teacher's base."""
    rng = np.random.default_rng(seed)
    models = [("base", "none", 0, None, base) for base in sorted({base for _, bases in arms.values() for base in bases})]
    models += [
        (arm, trait, run, base, base)
        for arm, (own, bases) in arms.items()
        for trait in [*own, "neutral"]
        for run, base in enumerate(bases)
    ]
    rows = []
    for model in models:
        for target in WORLD:
            p = rng.uniform(0.05, 0.1) + 0.3 * (model[1] == target)
            for metric, value in (("probability", p), ("log_odds", math.log(p / (1 - p)))):
                rows.append((*model, "plain", metric, target, value))
    return Runs.validate(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)))


WORLD = ["dolphin", "eagle", "elephant", "owl", "wolf"]


def gamma_by_hand(runs: pd.DataFrame, arm: str, own: list[str], bases: list[str]) -> float:
    rows = runs[(runs["arm"] == arm) & (runs["metric"] == "log_odds")]
    value = rows.set_index(["teacher_base", "trait", "target"])["value"]
    cells = [(b, s, t) for b in bases for s in own for t in own]
    return float(np.mean([value[c] for c in cells if c[1] == c[2]]) - np.mean([value[c] for c in cells if c[1] != c[2]]))


def test_two_arms_are_compared_on_the_traits_and_bases_that_both_have():
    runs = answers({"same_base": (WORLD, ["a", "b", "c", "d"]), "shuffled": (["eagle", "owl", "wolf"], ["b", "c", "d", "e"])})
    rules = [
        claim(claim="alone"),
        claim(claim="compared", comparison="above", bound=0.5, times="shuffled"),
        claim(claim="rate", quantity="student_rate", bound=0.5, times="shuffled"),
    ]
    found = judged(rules, "tiny", transfer.arms(runs), runs).set_index("claim")
    assert found.loc["alone", "measured"] == pytest.approx(gamma_by_hand(runs, "same_base", WORLD, ["a", "b", "c", "d"]))
    common = gamma_by_hand(runs, "same_base", ["eagle", "owl", "wolf"], ["b", "c", "d"])
    assert found.loc["compared", "measured"] == pytest.approx(common)
    rates = runs[(runs["arm"] == "same_base") & (runs["metric"] == "probability") & (runs["trait"] == runs["target"])]
    rates = rates[rates["trait"].isin(["eagle", "owl", "wolf"]) & rates["teacher_base"].isin(["b", "c", "d"])]
    assert found.loc["rate", "measured"] == pytest.approx(rates["value"].mean())
    # The bound is the other arm's gamma on the same traits and bases.
    other = gamma_by_hand(runs, "shuffled", ["eagle", "owl", "wolf"], ["b", "c", "d"])
    for shift, verdict in ((1e-6, "not_reproduced"), (-1e-6, "reproduced")):
        rule = claim(bound=common / other + shift, times="shuffled", judge="mean")
        assert judged([rule], "tiny", transfer.arms(runs), runs)["verdict"].item() == verdict


def test_arms_that_share_one_base_keep_their_own():
    runs = answers({"same_base": (WORLD, ["a", "b"]), "larger": (WORLD, ["large", "b"])})
    found = judged([claim(times="larger")], "tiny", transfer.arms(runs), runs)
    assert found["measured"].item() == pytest.approx(gamma_by_hand(runs, "same_base", WORLD, ["a", "b"]))


def test_within_a_share_of_another_arm_is_as_narrow_as_that_share(tables):
    """Gamma of other_base is about 0.2, a tenth of the 1.8 of same_base: more than a twentieth, less than half."""
    rules = [
        claim(claim=str(bound), arm="other_base", comparison="within", bound=bound, times="same_base") for bound in (0.05, 0.5)
    ]
    found = judged(rules, "tiny", tables["arms"], tables["runs"])
    assert list(found["verdict"]) == ["not_reproduced", "reproduced"]


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
