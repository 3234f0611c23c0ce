"""Statistics of transfer: effects, gamma and their tests.

The unit is the run: every run has a teacher, a carrier and a student made with random draws of their own.
"""

import itertools
import math

import numpy as np
import pandas as pd

from sublearn.core.errors import UserError
from sublearn.core.seeds import generator
from sublearn.core.statistics import mean_over_runs
from sublearn.measures.log_odds import log_odds
from sublearn.traits.base import NEUTRAL, families, family_of

MIN_TRAITS = 3  # a family with fewer traits has no gamma
ENUMERATED = 10**7  # up to this many permutations the test is exact
DRAWN = 100_000  # permutations that are drawn if there are more


def effects_by_run(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare every student with the control of the same run, on plain questions and exact probabilities.

    Returns:
        One row per arm, trait and run: the probabilities of ``base``, ``control`` and ``student``, and ``effect``,
        log-odds(student) - log-odds(control), in nats.

    Raises:
        UserError: a run has no control student.
    """
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "probability")]
    untouched = exact[exact["arm"] == "base"].set_index(["student_base", "target"])["value"]
    trained = exact[exact["arm"] != "base"]
    own = trained[trained["trait"] == trained["target"]]
    controls = trained[trained["trait"] == NEUTRAL].set_index(["arm", "target", "run"])["value"]
    control = controls.reindex(pd.MultiIndex.from_frame(own[["arm", "trait", "run"]])).to_numpy()
    if np.isnan(control).any():
        first = own[np.isnan(control)].iloc[0]
        raise UserError(f"arm {first['arm']}, {first['trait']}: run {first['run']} has no control student.")
    table = own[["arm", "trait", "run"]].assign(control=control, student=own["value"])
    table["base"] = [untouched[key] for key in zip(own["student_base"], own["trait"], strict=True)]
    return table.assign(effect=log_odds(table["student"]) - log_odds(table["control"]))


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """The mean effect of each arm and trait (contract 3) from ``runs.csv`` (contract 2).

    Each student is compared with the control of the same run. Holm's method corrects p values over the traits of an arm.
    """
    rows = []
    for (arm, trait), part in effects_by_run(runs).groupby(["arm", "trait"], sort=False):
        mean = mean_over_runs(part["effect"].to_numpy())
        rows.append({
            "arm": arm, "family": family_of(str(trait)), "trait": trait, "runs": len(part), "base": part["base"].mean(),
            "control": part["control"].mean(), "student": part["student"].mean(), "effect": mean.value,
            "ci_low": mean.low, "ci_high": mean.high, "p_value": mean.p_value,
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby("arm", sort=False)["p_value"].transform(_holm)
    return table


def arms(runs: pd.DataFrame) -> pd.DataFrame:
    """Gamma of each arm and each family of three or more traits (contract 4) from ``runs.csv`` (contract 2)."""
    rows = []
    for (arm, family), matrices in trait_matrices(runs).items():
        count = matrices.shape[1]
        mean = mean_over_runs(np.array([gamma(matrix) for matrix in matrices]))
        rows.append({
            "arm": arm, "family": family, "traits": count, "runs": len(matrices), "gamma": mean.value,
            "ci_low": mean.low, "ci_high": mean.high, "p_value": permutation_test(matrices),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=["arm", "family", "traits", "runs", "gamma", "ci_low", "ci_high", "p_value"])


def trait_matrices(runs: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """Log-odds of each target (columns) in each trait's student (rows), shape (runs, traits, traits), by (arm, family)."""
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds") & (runs["arm"] != "base")]
    matrices = {}
    for (arm, family), part in exact.groupby(["arm", exact["target"].map(family_of)], sort=False):
        traits = [trait for trait in families()[str(family)].traits if trait in set(part["trait"])]
        if len(traits) < MIN_TRAITS:
            continue
        table = part.set_index(["run", "trait", "target"])["value"]
        run_numbers = sorted(set(part["run"]))
        matrices[str(arm), str(family)] = np.array([[[table[r, s, t] for t in traits] for s in traits] for r in run_numbers])
    return matrices


def gamma(matrix: np.ndarray) -> float:
    """Mean diagonal minus mean off-diagonal of a trait x trait matrix, shape (traits, traits)."""
    count = len(matrix)
    diagonal = np.trace(matrix)
    return float(diagonal / count - (matrix.sum() - diagonal) / (count * (count - 1)))


def permutation_test(matrices: np.ndarray) -> float:
    """One-sided p value: how often gamma is at least as large when students' trait labels are permuted within each run.

    If there are at most 10^7 combinations of the runs' permutations, all are counted. Otherwise 100,000 are drawn, and the
    observed labelling is added to both counts (Phipson and Smyth, 2010).

    Args:
        matrices: log-odds, shape (runs, traits, traits).
    """
    runs, count, _ = matrices.shape
    # A permutation leaves the sum of all entries unchanged, so gamma depends on the diagonals alone and grows with their sum.
    observed = float(np.trace(matrices, axis1=1, axis2=2).sum())
    slack = 1e-9 * max(1.0, abs(observed))
    if math.factorial(count) ** runs <= ENUMERATED:
        orders = np.array(list(itertools.permutations(range(count))))
        totals = np.zeros(1)
        for matrix in matrices:
            totals = np.add.outer(totals, matrix[orders, np.arange(count)].sum(axis=1)).ravel()
        return float(np.mean(totals >= observed - slack))
    rng = generator("permutation test", runs, count)
    totals = np.zeros(DRAWN)
    for matrix in matrices:
        orders = rng.permuted(np.tile(np.arange(count), (DRAWN, 1)), axis=1)
        totals += matrix[orders, np.arange(count)].sum(axis=1)
    return float((np.sum(totals >= observed - slack) + 1) / (DRAWN + 1))


def _holm(p_values: pd.Series) -> pd.Series:
    tested = p_values.notna()
    corrected = pd.Series(math.nan, index=p_values.index)
    if tested.any():
        from statsmodels.stats.multitest import multipletests  # slow to import, and coverage does not need it

        corrected[tested] = multipletests(p_values[tested], method="holm")[1]
    return corrected
