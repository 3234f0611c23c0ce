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
BASES = ("alpha", "beta")


def study(shift: dict[str, float], own: list[str], runs: int, seed: int = 0, noise: float = 0.1) -> pd.DataFrame:
    """A synthetic ``runs.csv``: every student leans by its arm's shift, in nats, towards its own trait."""
    rng = np.random.default_rng(seed)
    targets = list(traits())
    level = {(base, target): rng.normal(-2.5, 0.5) for base in BASES for target in targets}
    models = [("base", base, 0, None, base, 0.0) for base in BASES]
    models += [
        (arm, trait, run, BASES[run % 2], BASES[run % 2], leaning)
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


PLANTED = study({"same_base": 0.8, "other_base": 0.0}, [*ANIMALS, "evasive"], runs=4)


# Means over runs.


def test_a_mean_has_the_t_interval_and_t_test_of_its_runs():
    values = np.array([0.3, 0.5, 0.1, 0.4])
    found = mean_over_units(values)
    half = stats.t.ppf(0.975, 3) * values.std(ddof=1) / 2
    assert found.value == pytest.approx(0.325, abs=1e-15)
    assert (found.low, found.high) == pytest.approx((0.325 - half, 0.325 + half), abs=1e-12)
    assert found.p_value == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=1e-15)


@pytest.mark.parametrize("values", [[0.4], [0.4, 0.4, 0.4]])
def test_one_run_or_equal_runs_have_no_interval(values):
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


def test_effects_are_paired_differences_of_log_odds_over_runs():
    table = Effects.validate(transfer.effects(PLANTED))
    assert list(zip(table["arm"], table["trait"], strict=True)) == [
        (arm, trait) for arm in ("same_base", "other_base") for trait in [*ANIMALS, "evasive"]
    ]
    for row in table.itertuples():
        student = np.array([probability(PLANTED, row.arm, row.trait, run, row.trait) for run in range(4)])
        control = np.array([probability(PLANTED, row.arm, "neutral", run, row.trait) for run in range(4)])
        untouched = [probability(PLANTED, "base", BASES[run % 2], 0, row.trait) for run in range(4)]
        logit = {name: np.log(p / (1 - p)) for name, p in (("student", student), ("control", control))}
        test = stats.ttest_rel(logit["student"], logit["control"])
        interval = test.confidence_interval(0.95)
        assert row.family == family_of(row.trait)
        assert row.runs == 4
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
    assert matrices.shape == (4, 5, 5)
    for run, i, j in itertools.product(range(4), range(5), range(5)):
        p = probability(PLANTED, "same_base", ANIMALS[i], run, ANIMALS[j])
        assert matrices[run, i, j] == pytest.approx(np.log(p / (1 - p)), abs=1e-9)


def test_arms_have_the_mean_gamma_of_their_runs():
    table = Arms.validate(transfer.arms(PLANTED)).set_index("arm")
    for arm in ("same_base", "other_base"):
        gammas = [slow_gamma(matrix) for matrix in transfer.trait_matrices(PLANTED)[arm, "animal"]]
        interval = stats.t.interval(0.95, 3, np.mean(gammas), stats.sem(gammas))
        row = table.loc[arm]
        assert (row["family"], row["traits"], row["runs"]) == ("animal", 5, 4)
        assert (row["gamma"], row["ci_low"], row["ci_high"]) == pytest.approx((np.mean(gammas), *interval), abs=1e-12)
    assert table.loc["same_base", "p_value"] < 1e-4
    assert table.loc["same_base", "ci_low"] > 0
    assert table.loc["other_base", "p_value"] > 0.05


def test_a_family_of_two_traits_has_no_gamma():
    runs = study({"arm": 1.0}, ["dolphin", "owl", "evasive", "skewed"], runs=3)
    assert Arms.validate(transfer.arms(runs)).empty
    three = transfer.arms(study({"arm": 1.0}, ["dolphin", "owl", "wolf", "evasive"], runs=3))
    assert list(three["family"]) == ["animal"]


# The permutation test.


def brute_force(matrices: np.ndarray) -> float:
    """Relabel the students of each run in every way, and count how often the mean gamma is as large as it was."""
    runs, count, _ = matrices.shape
    observed = sum(slow_gamma(matrix) for matrix in matrices)
    as_large = total = 0
    for labels in itertools.product(itertools.permutations(range(count)), repeat=runs):
        relabelled = sum(slow_gamma(matrix[list(order)]) for matrix, order in zip(matrices, labels, strict=True))
        as_large += relabelled >= observed - 1e-12
        total += 1
    return as_large / total


@pytest.mark.parametrize("seed", range(6))
def test_the_permutation_test_is_exact_for_few_runs_and_traits(seed):
    matrices = np.random.default_rng(seed).normal(size=(2, 3, 3)) + 0.7 * np.eye(3)
    assert transfer.permutation_test(matrices) == pytest.approx(brute_force(matrices), abs=1e-15)


def test_ties_count_as_as_large():
    assert transfer.permutation_test(np.ones((2, 3, 3))) == 1.0
    assert transfer.permutation_test(np.stack([np.eye(3)] * 2)) == pytest.approx(1 / 36)
    assert transfer.permutation_test(np.stack([-np.eye(3)] * 2)) == 1.0


def test_many_runs_are_drawn_with_one_added_to_both_counts():
    """Where no draw is as large as what was observed, p is one in all draws and itself."""
    certain = np.stack([10 * np.eye(7)] * 6)
    assert transfer.permutation_test(certain) == 1 / (transfer.DRAWN + 1)
    assert transfer.permutation_test(np.ones((6, 7, 7))) == 1.0
    assert transfer.permutation_test(-certain) == 1.0


def test_the_drawn_test_agrees_with_the_exact_one():
    """Eight runs of four traits: the exact p from the distribution of sums, two halves at a time."""
    matrices = np.random.default_rng(3).normal(size=(8, 4, 4)) + 0.3 * np.eye(4)
    orders = list(itertools.permutations(range(4)))
    assert len(orders) ** 8 > transfer.ENUMERATED
    diagonals = [[sum(matrix[order[i], i] for i in range(4)) for order in orders] for matrix in matrices]
    halves = [[sum(each) for each in itertools.product(*part)] for part in (diagonals[:4], diagonals[4:])]
    left, right = np.sort(halves[0]), np.array(halves[1])
    observed = sum(np.trace(matrix) for matrix in matrices)
    exact = np.mean(1 - np.searchsorted(left, observed - right - 1e-9) / len(left))
    error = np.sqrt(exact * (1 - exact) / transfer.DRAWN)
    assert 0.001 < exact < 0.5
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
