"""Gamma of measures other than the answers: of each run, and of whatever else sets one matrix apart from another."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sublearn.core.statistics import UNKNOWN, Mean, mean_over_units
from sublearn.measures.transfer import MIN_TRAITS, gamma
from sublearn.measures.units import unit_of
from sublearn.traits.base import family_of


def with_units(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """A table with the unit of each row's arm and run (``measures.units``); ``runs`` is ``runs.csv`` (contract 2)."""
    students = runs[runs["arm"] != "base"].drop_duplicates(["arm", "run"])
    units = dict(zip(zip(students["arm"], students["run"], strict=True), unit_of(students), strict=True))
    return table.assign(unit=[units[key] for key in zip(table["arm"], table["run"], strict=True)])


def gammas(table: pd.DataFrame, runs: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Gamma of each run's trait × trait matrix of log-odds, one for each value of the columns ``by``.

    Args:
        table: columns ``arm``, ``trait``, ``run``, ``target`` and ``log_odds``, and those of ``by``. Targets beyond the traits
            of a matrix are left out.

    Returns:
        Columns ``arm``, ``family``, ``run``, ``unit``, those of ``by``, and ``gamma``, in nats. A matrix of fewer than three
        traits has no gamma, nor has one that lacks a value.
    """
    rows = []
    families = table["trait"].map(family_of).rename("family")
    count = table.groupby(["arm", families])["trait"].nunique()
    for (arm, family, run, *values), part in table.groupby(["arm", families, "run", *by], sort=False):
        matrix = part.pivot(index="trait", columns="target", values="log_odds")
        if len(matrix) >= MIN_TRAITS and len(matrix) == count[arm, family]:
            value = float(gamma(matrix.reindex(columns=matrix.index).to_numpy()))
            rows.append({"arm": arm, "family": family, "run": run, **dict(zip(by, values, strict=True)), "gamma": value})
    found = pd.DataFrame(rows, columns=["arm", "family", "run", *by, "gamma"]).dropna(subset="gamma")
    return with_units(found, runs)[["arm", "family", "run", "unit", *by, "gamma"]]


def of_siblings(traits: Sequence[str]) -> np.ndarray:
    """The matrix that turns values of traits into the mean of each one's siblings, shape (traits, traits).

    The siblings are the others of its family among ``traits``; a trait without any gets zero.
    """
    rivals = np.array([[a != b and family_of(a) == family_of(b) for b in traits] for a in traits], dtype=float)
    return np.asarray(rivals / np.maximum(rivals.sum(axis=1, keepdims=True), 1))


def over_units(part: pd.DataFrame, column: str = "gamma") -> Mean:
    """The mean over units of each unit's mean over its runs, with its interval; unknown of no rows.

    ``part`` has ``unit`` as a column, or as a level of its index.
    """
    return UNKNOWN if part.empty else mean_over_units(part.groupby("unit", sort=False)[column].mean().to_numpy())
