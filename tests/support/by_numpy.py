"""Published statistics again, by a few lines of NumPy that use nothing of the package's."""

import math

import numpy as np
import pandas as pd
from scipy import stats


def mean_of(values) -> tuple[float, float, float, float]:
    """Mean, 95 % t interval and p value of independent values."""
    values = np.array(values, dtype=float)
    mean, count = values.mean(), len(values)
    if count < 2 or np.ptp(values) == 0:
        return mean, math.nan, math.nan, math.nan
    error = values.std(ddof=1) / math.sqrt(count)
    half = stats.t.ppf(0.975, count - 1) * error
    return mean, mean - half, mean + half, 2 * stats.t.sf(abs(mean) / error, count - 1)


def gammas(log_odds: pd.DataFrame, traits: list[str]) -> np.ndarray:
    """Gamma of each base of an arm's teachers, from the log-odds of its students as ``runs.csv`` has them."""
    found = []
    for _, part in log_odds.groupby("teacher_base"):
        matrix = part.groupby(["trait", "target"])["value"].mean().unstack().loc[traits, traits].to_numpy()
        own = np.eye(len(traits), dtype=bool)
        found.append(matrix[own].mean() - matrix[~own].mean())
    return np.array(found)
