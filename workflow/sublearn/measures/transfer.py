"""Statistics of transfer: effects, gamma and their tests.

Means, intervals and permutations are over units: the teachers' bases (``measures.units``).
"""

import math

import numpy as np
import pandas as pd

from sublearn.core.errors import UserError
from sublearn.core.seeds import generator
from sublearn.core.statistics import holm, mean_over_units
from sublearn.measures.log_odds import log_odds
from sublearn.measures.pairs import paired
from sublearn.measures.units import unit_of
from sublearn.traits.base import families, family_of

MIN_TRAITS = 3  # a family with fewer traits has no gamma
LISTED = 10**7  # the test is exact if the units fall into two halves with at most so many permutations each
DRAWN = 100_000  # permutations that are drawn if there are more
ASSIGNED = 10_000  # random assignments of targets to students
ARMS = ["arm", "family", "traits", "runs", "bases", "gamma", "ci_low", "ci_high", "p_value", "null_sd", "null_p"]


def effects_by_run(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare every student with the control of the same run, on plain questions and exact probabilities.

    Returns:
        One row per arm, trait and run: ``teacher_base``, the probabilities of ``base`` (the base that the student started
        from), ``control`` and ``student``, and ``effect``, log-odds(student) - log-odds(control), in nats.

    Raises:
        UserError: a run has no control student.
    """
    found = paired(runs)
    own = found[found["trait"] == found["target"]]
    if (alone := own[own["control"].isna()]).size:
        first = alone.iloc[0]
        raise UserError(f"arm {first['arm']}, {first['trait']}: run {first['run']} has no control student.")
    if (alone := own[own["base"].isna()]).size:
        first = alone.iloc[0]
        raise UserError(f"arm {first['arm']}: the base {first['student_base']} was not asked for {first['target']}.")
    table = own[["arm", "trait", "run", "teacher_base", "control", "student", "base"]]
    return table.assign(effect=log_odds(table["student"]) - log_odds(table["control"]))


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """The mean effect of each arm and trait (contract 3) from ``runs.csv`` (contract 2).

    Each student is compared with the control of the same run; a unit's effect is the mean over its runs. Holm's method
    corrects p values over all traits, of all families, that the arm has in the study.
    """
    by_run = effects_by_run(runs)
    rows = []
    for (arm, trait), part in by_run.groupby(["arm", "trait"], sort=False):
        units = part.groupby(unit_of(part), sort=False)[["base", "control", "student", "effect"]].mean()
        mean = mean_over_units(units["effect"].to_numpy())
        rows.append({
            "arm": arm, "family": family_of(str(trait)), "trait": trait, "runs": len(part), "bases": bases_of(part),
            **units[["base", "control", "student"]].mean(), "effect": mean.value, "ci_low": mean.low, "ci_high": mean.high,
            "p_value": mean.p_value,
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby("arm", sort=False)["p_value"].transform(lambda p_values: holm(p_values.to_numpy()))
    return table


def arms(runs: pd.DataFrame) -> pd.DataFrame:
    """Gamma of each arm and each family of three or more traits (contract 4) from ``runs.csv`` (contract 2)."""
    rows = []
    for (arm, family), matrices in trait_matrices(runs).items():
        students = runs[runs["arm"] == arm]
        count = matrices.shape[1]
        mean = mean_over_units(gamma(matrices[:, :, :count]))
        null_sd, null_p = assignment_test(matrices)
        rows.append({
            "arm": arm, "family": family, "traits": count, "runs": students["run"].nunique(), "bases": bases_of(students),
            "gamma": mean.value, "ci_low": mean.low, "ci_high": mean.high,
            "p_value": permutation_test(matrices[:, :, :count]), "null_sd": null_sd, "null_p": null_p,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=ARMS)


def bases_of(students: pd.DataFrame) -> int:
    """The number of bases that the students' teachers start from."""
    return int(students["teacher_base"].fillna("").nunique())


def trait_matrices(runs: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """Log-odds of each target in each trait's student, a mean over the runs of each unit, by (arm, family).

    Returns:
        Arrays of shape (units, traits, targets). Rows are the students of the arm's traits. The first columns are the same
        traits in the same order, the others are the family's other targets on which all these students are scored.
    """
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds") & (runs["arm"] != "base")]
    matrices = {}
    family_by_target = exact["target"].map({target: family_of(target) for target in exact["target"].unique()})
    for (arm, family), part in exact.groupby(["arm", family_by_target], sort=False):
        of_family = families()[str(family)].traits
        traits = [trait for trait in of_family if trait in set(part["trait"])]
        if len(traits) < MIN_TRAITS:
            continue
        units = unit_of(part)
        table = part.groupby([units, "trait", "target"], sort=False)["value"].mean().unstack("target")
        table = table.reindex(pd.MultiIndex.from_product([units.unique(), traits]))
        known = table.columns[table.notna().all()]
        others = [target for target in of_family if target in known and target not in traits]
        matrices[str(arm), str(family)] = table[[*traits, *others]].to_numpy().reshape(units.nunique(), len(traits), -1)
    return matrices


def gamma(matrix: np.ndarray) -> np.ndarray:
    """Mean diagonal minus mean off-diagonal of trait x trait matrices, shape (…, traits, traits)."""
    count = matrix.shape[-1]
    diagonal = np.trace(matrix, axis1=-2, axis2=-1)
    return np.asarray(diagonal / count - (matrix.sum(axis=(-2, -1)) - diagonal) / (count * (count - 1)))


def permutation_test(matrices: np.ndarray) -> float:
    """One-sided p value: how often gamma is at least as large when students' trait labels are permuted within each unit.

    All combinations of the units' permutations are counted: the units fall into two halves, and the sums over one half are
    looked up among the sorted sums over the other. If a half has more than 10^7 sums, 100,000 combinations are drawn instead,
    and the observed labelling is added to both counts (Phipson and Smyth, 2010).

    Args:
        matrices: log-odds, shape (units, traits, traits).
    """
    units, count, _ = matrices.shape
    # A permutation leaves the sum of all entries unchanged, so gamma depends on the diagonals alone and grows with their sum.
    observed = float(np.trace(matrices, axis1=1, axis2=2).sum())
    threshold = observed - 1e-9 * max(1.0, abs(observed))  # rounding breaks no tie
    if math.factorial(count) ** math.ceil(units / 2) <= LISTED:
        orders = permutations(count)
        totals = [sum(matrix[orders[:, j], j] for j in range(count)) for matrix in matrices]
        left, right = (_sums(totals[half::2]) for half in (0, 1))
        as_large = len(left) - np.searchsorted(left, threshold - right)
        return float(as_large.sum() / len(left) / len(right))
    rng = generator("permutation test", units, count)
    drawn = np.zeros(DRAWN)
    for matrix in matrices:
        orders = rng.permuted(np.tile(np.arange(count), (DRAWN, 1)), axis=1)
        drawn += matrix[orders, np.arange(count)].sum(axis=1)
    return float((np.sum(drawn >= threshold) + 1) / (DRAWN + 1))


def permutations(count: int) -> np.ndarray:
    """All orders of ``count`` things, shape (count!, count)."""
    orders = np.zeros((1, 0), dtype=np.int8)
    for item in range(count):
        orders = np.concatenate([np.insert(orders, place, item, axis=1) for place in range(item + 1)])
    return orders


def _sums(totals: list[np.ndarray]) -> np.ndarray:
    """All sums of one total from each unit, sorted; zero if there is no unit."""
    sums = np.zeros(1)
    for each in totals:
        sums = np.add.outer(sums, each).ravel()
    return np.sort(sums)


def assignment_test(matrices: np.ndarray) -> tuple[float, float]:
    """The spread of gamma when targets are assigned to traits at random, and the two-sided p value of the observed gamma.

    Students of another base lean somewhere too, though not to their own teacher's trait; gamma then averages a map between the
    two bases that has nothing to do with the traits. What is random is the map: in each unit independently, each student gets
    one of the family's targets (all on which models are scored, its own among them), no target goes to two students, and all
    such assignments are equally likely. Gamma is taken on the assigned targets, and averaged over units. The students, their
    log-odds and the units are as observed. The mean of this null is zero.

    Args:
        matrices: log-odds, shape (units, traits, targets); the first targets are the traits.

    Returns:
        The standard deviation over 10,000 seeded draws, in nats, and the share of draws at least as far from zero as observed,
        with the observed assignment added to both counts.
    """
    units, count, targets = matrices.shape
    observed = abs(float(gamma(matrices[:, :, :count]).mean()))
    rng = generator("assignment of targets", units, count, targets)
    drawn = np.zeros(ASSIGNED)
    for matrix in matrices:
        chosen = rng.permuted(np.tile(np.arange(targets), (ASSIGNED, 1)), axis=1)[:, :count]
        drawn += gamma(matrix[np.arange(count)[:, None], chosen[:, None, :]]) / units
    as_far = np.sum(np.abs(drawn) >= observed - 1e-9 * max(1.0, observed))
    return float(drawn.std()), float((as_far + 1) / (ASSIGNED + 1))
