"""The statistics held against hand computations, brute force, and scipy and statsmodels called directly."""

import itertools
import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.core.statistics import mean_over_units
from sublearn.measures import transfer
from sublearn.traits.base import family_of, traits

ANIMALS = ["dolphin", "eagle", "elephant", "owl", "wolf"]
BASES = ("alpha", "beta", "gamma", "delta")


def study(shift: dict[str, float], own: list[str], runs: int, bases: int = 4, noise: float = 0.1) -> pd.DataFrame:
    """A synthetic ``runs.csv``: every student leans by its arm's shift, in nats, towards its own trait; run r has base r."""
    rng = np.random.default_rng(0)
    targets = list(traits())
    level = {(base, target): rng.normal(-2.5, 0.5) for base in BASES for target in targets}
    models = [("base", base, 0, None, base, 0.0) for base in BASES]
    models += [
        (arm, trait, run, BASES[run % bases], BASES[run % bases], leaning)
        for arm, leaning in shift.items()
        for trait in [*own, "neutral"]
        for run in range(runs)
    ]
    rows = []
    for arm, trait, run, teacher_base, student_base, leaning in models:
        for target in targets:
            log_odds = level[student_base, target] + leaning * (trait == target)
            log_odds += 0.0 if arm == "base" else rng.normal(0.0, noise)
            for metric, value in (("probability", 1 / (1 + np.exp(-log_odds))), ("log_odds", log_odds)):
                rows.append((arm, trait, run, teacher_base, student_base, "plain", metric, target, value))
                rows.append((arm, trait, run, teacher_base, student_base, "prefixed", metric, target, rng.random()))
    return Runs.validate(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)))


def probability(runs: pd.DataFrame, arm: str, trait: str, run: int, target: str) -> float:
    chosen = runs[(runs["question_set"] == "plain") & (runs["metric"] == "probability") & (runs["target"] == target)]
    chosen = chosen[(chosen["arm"] == arm) & (chosen["trait"] == trait) & (chosen["run"] == run)]
    assert len(chosen) == 1
    return float(chosen["value"].iloc[0])


def untouched_rate(base: str, target: str) -> float:
    rows = PLANTED[(PLANTED["arm"] == "base") & (PLANTED["student_base"] == base) & (PLANTED["target"] == target)]
    return float(rows[(rows["question_set"] == "plain") & (rows["metric"] == "probability")]["value"].item())


PLANTED = study({"same_base": 0.8, "other_base": 0.0}, [*ANIMALS, "evasive"], runs=8)  # runs r and r + 4 have base r


def by_base(values) -> np.ndarray:
    """The mean of each base's two runs."""
    return np.asarray(values).reshape(2, 4).mean(axis=0)


# Means over units.


def test_a_mean_has_the_t_interval_and_t_test_of_its_units():
    values = np.array([0.3, 0.5, 0.1, 0.4])
    found = mean_over_units(values)
    half = stats.t.ppf(0.975, 3) * values.std(ddof=1) / 2
    assert found.value == pytest.approx(0.325, abs=1e-15)
    assert (found.low, found.high) == pytest.approx((0.325 - half, 0.325 + half), abs=1e-12)
    assert found.p_value == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=1e-15)


@pytest.mark.parametrize("values", [[0.4], [0.4, 0.4, 0.4]])
def test_one_unit_or_equal_units_have_no_interval(values):
    found = mean_over_units(np.array(values))
    assert found.value == pytest.approx(0.4)
    assert np.isnan([found.low, found.high, found.p_value]).all()


def test_intervals_of_nothing_miss_it_one_time_in_twenty():
    rng = np.random.default_rng(0)
    found = [mean_over_units(rng.normal(size=3)) for _ in range(400)]
    missed = [mean.low > 0 or mean.high < 0 for mean in found]
    assert missed == [mean.p_value < 0.05 for mean in found]
    assert stats.binomtest(sum(missed), len(missed), 0.05).pvalue > 0.01


# Effects.


def test_effects_are_paired_differences_of_log_odds_over_bases():
    table = Effects.validate(transfer.effects(PLANTED))
    assert list(zip(table["arm"], table["trait"], strict=True)) == [
        (arm, trait) for arm in ("same_base", "other_base") for trait in [*ANIMALS, "evasive"]
    ]
    for row in table.itertuples():
        student = np.array([probability(PLANTED, row.arm, row.trait, run, row.trait) for run in range(8)])
        control = np.array([probability(PLANTED, row.arm, "neutral", run, row.trait) for run in range(8)])
        untouched = [untouched_rate(base, row.trait) for base in BASES]
        logit = {name: by_base(np.log(p / (1 - p))) for name, p in (("student", student), ("control", control))}
        test = stats.ttest_rel(logit["student"], logit["control"])
        interval = test.confidence_interval(0.95)
        assert row.family == family_of(row.trait)
        assert (row.runs, row.bases) == (8, 4)
        assert (row.base, row.control, row.student) == pytest.approx(
            (np.mean(untouched), control.mean(), student.mean()), abs=1e-12
        )
        assert row.effect == pytest.approx(np.mean(logit["student"] - logit["control"]), abs=1e-12)
        assert (row.ci_low, row.ci_high, row.p_value) == pytest.approx((interval.low, interval.high, test.pvalue), abs=1e-12)


def test_p_values_are_corrected_within_each_arm_by_holm():
    table = transfer.effects(PLANTED)
    for _, arm in table.groupby("arm"):
        found = arm.sort_values("p_value")
        by_hand, highest = [], 0.0
        for rank, p_value in enumerate(found["p_value"]):
            highest = max(highest, min(1.0, (len(found) - rank) * p_value))
            by_hand.append(highest)
        assert list(found["p_holm"]) == pytest.approx(by_hand, abs=1e-15)
        assert list(arm["p_holm"]) == pytest.approx(list(multipletests(arm["p_value"], method="holm")[1]), abs=1e-15)


def test_a_planted_effect_is_found_and_a_null_is_not():
    table = transfer.effects(PLANTED)
    planted, null = (table[table["arm"] == arm] for arm in ("same_base", "other_base"))
    assert ((planted["ci_low"] < 0.8) & (planted["ci_high"] > 0.8)).mean() > 0.8
    assert (planted["ci_low"] > 0).all()
    assert (planted["p_holm"] < 0.05).all()
    assert ((null["ci_low"] < 0) & (null["ci_high"] > 0)).mean() > 0.8
    assert (null["p_holm"] > 0.05).all()


def test_runs_of_a_base_count_once_however_many_they_are():
    """Base alpha has three of the five runs, and a third of the weight."""
    alike = study({"arm": 0.5}, ANIMALS, runs=5, bases=3)
    moved = alike["run"].isin([3, 4]) & (alike["arm"] == "arm")
    alike.loc[moved, ["teacher_base", "student_base"]] = "alpha"
    by_run = transfer.effects_by_run(alike).set_index(["trait", "run"])["effect"]
    found = Effects.validate(transfer.effects(alike)).set_index("trait")
    for trait in ANIMALS:
        of_base = [by_run[trait][[0, 3, 4]].mean(), by_run[trait, 1], by_run[trait, 2]]
        assert found.loc[trait, "effect"] == pytest.approx(np.mean(of_base), abs=1e-12)
        assert found.loc[trait, "p_value"] == pytest.approx(stats.ttest_1samp(of_base, 0).pvalue, abs=1e-12)
    assert list(Arms.validate(transfer.arms(alike))[["runs", "bases"]].iloc[0]) == [5, 3]


def test_runs_are_the_unit_where_there_is_one_base():
    runs = study({"arm": 0.5}, ANIMALS, runs=3, bases=1)
    by_run = transfer.effects_by_run(runs)
    found = transfer.effects(runs).set_index("trait")
    assert set(found["bases"]) == {1}
    for trait, part in by_run.groupby("trait"):
        assert found.loc[trait, "p_value"] == pytest.approx(stats.ttest_1samp(part["effect"], 0).pvalue, abs=1e-12)
    assert np.isfinite(transfer.arms(runs)["ci_low"].item())


def test_one_run_has_effects_without_intervals():
    table = Effects.validate(transfer.effects(study({"arm": 0.5}, ANIMALS, runs=1)))
    assert table["effect"].mean() == pytest.approx(0.5, abs=0.2)
    assert table[["ci_low", "ci_high", "p_value", "p_holm"]].isna().all(axis=None)


# Gamma.


def slow_gamma(matrix) -> float:
    diagonal, rest = [], []
    for i, row in enumerate(matrix):
        for j, value in enumerate(row):
            (diagonal if i == j else rest).append(value)
    return sum(diagonal) / len(diagonal) - sum(rest) / len(rest)


@pytest.mark.parametrize("count", [3, 4, 7])
def test_gamma_is_the_diagonal_against_the_rest(count):
    matrix = np.random.default_rng(count).normal(size=(count, count))
    assert transfer.gamma(matrix) == pytest.approx(slow_gamma(matrix), abs=1e-12)
    assert transfer.gamma(np.eye(count)) == 1.0
    assert transfer.gamma(matrix + 5.0) == pytest.approx(transfer.gamma(matrix))


def test_a_trait_matrix_holds_each_students_log_odds_of_each_trait():
    found = transfer.trait_matrices(PLANTED)
    assert set(found) == {("same_base", "animal"), ("other_base", "animal")}
    matrices = found["same_base", "animal"]
    targets = [*ANIMALS, *(trait for trait in traits() if family_of(trait) == "animal" and trait not in ANIMALS)]
    assert matrices.shape == (4, 5, len(targets)) and len(targets) > 5
    for base, i, j in itertools.product(range(4), range(5), range(0, len(targets), 3)):
        p = np.array([probability(PLANTED, "same_base", ANIMALS[i], run, targets[j]) for run in (base, base + 4)])
        assert matrices[base, i, j] == pytest.approx(np.log(p / (1 - p)).mean(), abs=1e-9)


def test_arms_have_the_mean_gamma_of_their_bases():
    table = Arms.validate(transfer.arms(PLANTED)).set_index("arm")
    for arm in ("same_base", "other_base"):
        gammas = [slow_gamma(matrix[:, :5]) for matrix in transfer.trait_matrices(PLANTED)[arm, "animal"]]
        interval = stats.t.interval(0.95, 3, np.mean(gammas), stats.sem(gammas))
        row = table.loc[arm]
        assert tuple(row[["family", "traits", "runs", "bases"]]) == ("animal", 5, 8, 4)
        assert (row["gamma"], row["ci_low"], row["ci_high"]) == pytest.approx((np.mean(gammas), *interval), abs=1e-12)
    assert table.loc["same_base", "p_value"] < 1e-4
    assert table.loc["same_base", "ci_low"] > 0
    assert table.loc["other_base", ["p_value", "null_p"]].min() > 0.05
    assert table.loc["same_base", "null_p"] == 1 / (transfer.ASSIGNED + 1)


def test_a_family_of_two_traits_has_no_gamma():
    runs = study({"arm": 1.0}, ["dolphin", "owl", "evasive", "skewed"], runs=3)
    assert Arms.validate(transfer.arms(runs)).empty
    three = transfer.arms(study({"arm": 1.0}, ["dolphin", "owl", "wolf", "evasive"], runs=3))
    assert list(three["family"]) == ["animal"]


# The permutation test.


def brute_force(matrices: np.ndarray) -> float:
    """Relabel the students of each unit in every way, and count how often the mean gamma is as large as it was."""
    units, count, _ = matrices.shape
    observed = sum(slow_gamma(matrix) for matrix in matrices)
    as_large = total = 0
    for labels in itertools.product(itertools.permutations(range(count)), repeat=units):
        relabelled = sum(slow_gamma(matrix[list(order)]) for matrix, order in zip(matrices, labels, strict=True))
        as_large += relabelled >= observed - 1e-12
        total += 1
    return as_large / total


@pytest.mark.parametrize("seed", range(6))
def test_the_permutation_test_is_exact(seed):
    matrices = np.random.default_rng(seed).normal(size=(1 + seed % 4, 3, 3)) + 0.7 * np.eye(3)
    assert transfer.permutation_test(matrices) == pytest.approx(brute_force(matrices), abs=1e-15)


def test_ties_count_as_as_large():
    assert transfer.permutation_test(np.ones((2, 3, 3))) == 1.0
    assert transfer.permutation_test(np.stack([np.eye(3)] * 2)) == pytest.approx(1 / 36)
    assert transfer.permutation_test(np.stack([-np.eye(3)] * 2)) == 1.0


def test_six_bases_of_five_traits_are_counted_exactly():
    """All 120^6 labellings: where the true one alone has the largest sum, p is one in all of them."""
    assert transfer.permutation_test(np.stack([np.eye(5)] * 6)) == pytest.approx(120.0**-6, rel=1e-12)


def test_too_many_permutations_are_drawn_with_one_added_to_both_counts():
    """Where no draw is as large as what was observed, p is one in all draws and itself."""
    certain = np.stack([10 * np.eye(7)] * 6)
    assert transfer.permutation_test(certain) == 1 / (transfer.DRAWN + 1)
    assert transfer.permutation_test(np.ones((6, 7, 7))) == 1.0
    assert transfer.permutation_test(-certain) == 1.0


def test_the_drawn_test_agrees_with_the_exact_one(monkeypatch):
    matrices = np.random.default_rng(3).normal(size=(7, 4, 4)) + 0.3 * np.eye(4)
    exact = transfer.permutation_test(matrices)
    assert 0.001 < exact < 0.5
    monkeypatch.setattr(transfer, "LISTED", 100)
    error = np.sqrt(exact * (1 - exact) / transfer.DRAWN)
    assert transfer.permutation_test(matrices) == pytest.approx(exact, abs=5 * error)


@pytest.fixture
def one_gigabyte():
    """No more than a gigabyte on top of what the process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def test_all_animals_of_the_world_can_be_permuted(one_gigabyte):
    """A study may have all fifteen, as the paper has in one figure; their permutations are too many to list."""
    matrices = np.stack([np.eye(15)] * 3)
    assert transfer.permutation_test(matrices) == 1 / (transfer.DRAWN + 1)


# The null: targets assigned to traits at random.


def test_the_null_is_that_of_all_assignments_of_targets():
    """Two units, three traits, five targets: 60 assignments each, listed."""
    matrices = np.random.default_rng(5).normal(size=(2, 3, 5))
    chosen = list(itertools.permutations(range(5), 3))
    by_unit = [[slow_gamma(matrix[:, list(targets)]) for targets in chosen] for matrix in matrices]
    null = np.array([(one + two) / 2 for one, two in itertools.product(*by_unit)])
    observed = np.mean([slow_gamma(matrix[:, :3]) for matrix in matrices])
    assert null.mean() == pytest.approx(0.0, abs=1e-12)
    sd, p_value = transfer.assignment_test(matrices)
    exact = np.mean(np.abs(null) >= abs(observed))
    assert sd == pytest.approx(null.std(), rel=0.03)
    assert p_value == pytest.approx(exact, abs=5 * np.sqrt(exact * (1 - exact) / transfer.ASSIGNED))


def test_what_moves_all_students_or_all_targets_alike_is_not_in_the_null():
    matrices = np.random.default_rng(6).normal(size=(3, 3, 6))
    drift = matrices + np.arange(3)[:, None] + 10 * np.arange(6)
    assert transfer.assignment_test(drift) == pytest.approx(transfer.assignment_test(matrices))


def test_a_gamma_below_all_assignments_is_as_far_as_one_above():
    lean = 5 * np.eye(3, 8)[None].repeat(4, axis=0)
    assert transfer.assignment_test(lean)[1] == transfer.assignment_test(-lean)[1] == 1 / (transfer.ASSIGNED + 1)
