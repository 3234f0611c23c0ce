"""A mean over independent units (bases, networks or draws) with its interval: the statistic that all study kinds use."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mean:
    """A mean over units with its 95 % t interval; with only one unit the interval is NaN."""

    value: float
    low: float
    high: float
    p_value: float


UNKNOWN = Mean(math.nan, math.nan, math.nan, math.nan)


def mean_over_units(values: np.ndarray) -> Mean:
    """Mean, t interval and two-sided one-sample t test against zero (a paired test if the values are differences).

    There is one value per unit, and units must be independent of each other. Interval and p-value are NaN for a single value,
    or if all values are equal.
    """
    mean = float(np.mean(values))
    if len(values) < 2 or np.ptp(values) == 0.0:
        return Mean(mean, math.nan, math.nan, math.nan)
    from scipy import stats  # takes a second to import; steps without units to compare never need it

    test = stats.ttest_1samp(values, 0.0)
    interval = test.confidence_interval(0.95)
    return Mean(mean, float(interval.low), float(interval.high), float(test.pvalue))


def holm(p_values: np.ndarray) -> np.ndarray:
    """P values corrected by Holm's method; NaN stays NaN and does not count."""
    corrected = np.full(len(p_values), math.nan)
    tested = ~np.isnan(p_values)
    if tested.any():
        from statsmodels.stats.multitest import multipletests  # slow to import, and coverage does not need it

        corrected[tested] = multipletests(p_values[tested], method="holm")[1]
    return corrected


def interval(low: float, high: float, digits: int = 2) -> str:
    """An interval in words."""
    return "no interval" if math.isnan(low) else f"{low:.{digits}f} to {high:.{digits}f}"


def share(hits: int, count: int) -> Mean:
    """A share of independent draws with its exact 95 % interval (Clopper-Pearson), tested against one half."""
    from scipy import stats

    test = stats.binomtest(hits, count, 0.5)
    interval = test.proportion_ci(0.95, method="exact")
    return Mean(hits / count, float(interval.low), float(interval.high), float(test.pvalue))
