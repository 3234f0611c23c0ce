"""The statistics of transfer. The unit is the run: its teacher, carrier and student were made with draws of their own."""

import itertools
import math

import numpy as np
import pandas as pd

from sublearn.core.errors import UserError
from sublearn.core.seeds import generator
from sublearn.core.statistics import mean_over_runs
from sublearn.measures.log_odds import log_odds
from sublearn.traits.base import NEUTRAL, families, family_of

MIN_TRAITS = 3  # a family of fewer has no gamma
ENUMERATED = 10**7  # permutations up to which the test is exact
DRAWN = 100_000  # permutations drawn where there are more


def effects_by_run(runs: pd.DataFrame) -> pd.DataFrame:
    """Every student beside the control of the same run, on plain questions and exact probabilities.

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
    found = own[["arm", "trait", "run"]].assign(control=control, student=own["value"])
    found["base"] = [untouched[key] for key in zip(own["student_base"], own["trait"], strict=True)]
    return found.assign(effect=log_odds(found["student"]) - log_odds(found["control"]))


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Contract 3 from contract 2: student against the control of the same run, for each arm and trait.

    p values are corrected over the traits of an arm by Holm's method.
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
    """Contract 4 from contract 2: gamma of each arm and family of three traits or more."""
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
    found = {}
    for (arm, family), part in exact.groupby(["arm", exact["target"].map(family_of)], sort=False):
        traits = [trait for trait in families()[str(family)].traits if trait in set(part["trait"])]
        if len(traits) < MIN_TRAITS:
            continue
        table = part.set_index(["run", "trait", "target"])["value"]
        numbers = sorted(set(part["run"]))
        found[str(arm), str(family)] = np.array([[[table[r, s, t] for t in traits] for s in traits] for r in numbers])
    return found


def gamma(matrix: np.ndarray) -> float:
    """Mean diagonal minus mean off-diagonal of a trait x trait matrix, shape (traits, traits)."""
    count = len(matrix)
    diagonal = np.trace(matrix)
    return float(diagonal / count - (matrix.sum() - diagonal) / (count * (count - 1)))


def permutation_test(matrices: np.ndarray) -> float:
    """How often gamma is as large with the trait labels of the students permuted within each run, one-sided.

    All combinations of the runs' permutations are counted where there are at most 10^7; else 100,000 are drawn and one is
    added to both counts, the observed labelling (Phipson and Smyth, 2010).

    Args:
        matrices: log-odds, shape (runs, traits, traits).
    """
    runs, count, _ = matrices.shape
    # Off-diagonal sums follow from the permuted diagonals, so gamma grows with the sum of these alone.
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
    known = p_values.notna()
    corrected = pd.Series(math.nan, index=p_values.index)
    if known.any():
        from statsmodels.stats.multitest import multipletests  # slow to import, and coverage has no use for it

        corrected[known] = multipletests(p_values[known], method="holm")[1]
    return corrected
