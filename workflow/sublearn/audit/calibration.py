"""What each layer of the audit does on data sets whose truth is known: how often it finds a trait, and how often it errs.

The numbers come from the studies ``audit-benchmark`` and, for rehearsal, ``audit-thousand``, in ``calibration.csv`` beside this
module. A layer without rows there is not calibrated, and the report says so.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table, read_table
from sublearn.core.statistics import Mean, share

FILE = Path(__file__).with_name("calibration.csv")
ALL = "all"  # the kind of case that sums up a layer


class Cases(Table):
    """One row per layer and kind of case, such as ``same base, 1 % of rows``.

    ``cases`` counts data sets. ``threshold`` is what their score was compared with. The layer found something in a share of the
    data sets: ``true_positive_rate`` of those that carry a trait, ``false_positive_rate`` of those that carry none; one of them
    is empty where a kind has no such data sets. ``rows`` is the size of a data set, ``seconds`` the time that one took. ``own``
    counts the data sets in which the layer's own test found something, whatever their score; older tables lack it.
    """

    layer: Series[str]
    kind_of_case: Series[str]
    cases: Series[int] = pa.Field(ge=1)
    threshold: Series[float] = pa.Field(nullable=True)
    true_positive_rate: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    false_positive_rate: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    rows: Series[int] = pa.Field(ge=1)
    seconds: Series[float] = pa.Field(ge=0, nullable=True)
    own: Optional[Series[int]] = pa.Field(ge=0)  # noqa: UP045 (pandera's word for a column that may be missing)

    class Config:
        unique = ("layer", "kind_of_case")


@dataclass(frozen=True)
class Own:
    """In how many of so many known data sets a layer's own test found something."""

    found: int
    sets: int

    @property
    def rate(self) -> Mean:
        """The share with its exact 95 % interval, over data sets as if these were independent."""
        return share(self.found, self.sets)


@dataclass(frozen=True)
class Rates:
    """How a layer does over all kinds of case, in data sets of so many rows (their median); what was not measured is NaN.

    ``threshold`` and the two rates are of the score. ``own_true`` and ``own_false`` are of the layer's own test, in data sets
    with a trait and without; None if they were not counted.
    """

    cases: int
    rows: int
    threshold: float
    true_positive_rate: float
    false_positive_rate: float
    own_true: Own | None = None
    own_false: Own | None = None


def read(file: Path = FILE) -> pd.DataFrame:
    """The table, with the columns of ``Cases``; without rows if there is no file.

    Raises:
        UserError: the file is damaged.
    """
    return read_table(file, Cases) if file.is_file() else Cases.empty()


def rates(cases: pd.DataFrame, layer: str) -> Rates | None:
    """How ``layer`` does: its row ``all``, or else the mean over its kinds, weighted by their numbers of cases."""
    mine = cases[cases["layer"] == layer]
    if mine.empty:
        return None
    own = [_own(mine, rate) for rate in ("true_positive_rate", "false_positive_rate")]
    if (mine["kind_of_case"] == ALL).any():
        mine = mine[mine["kind_of_case"] == ALL]
    thresholds = mine["threshold"].unique()
    return Rates(
        int(mine["cases"].sum()),
        int(mine["rows"].median()),
        float(thresholds[0]) if len(thresholds) == 1 else np.nan,
        _mean(mine, "true_positive_rate"),
        _mean(mine, "false_positive_rate"),
        *own,
    )


def _mean(table: pd.DataFrame, rate: str) -> float:
    measured = table.dropna(subset=[rate])
    return float(np.average(measured[rate], weights=measured["cases"])) if len(measured) else np.nan


def _own(table: pd.DataFrame, rate: str) -> Own | None:
    """What the own test found in the kinds of case that have the rate: those with a trait, or those without."""
    part = table[(table["kind_of_case"] != ALL) & table[rate].notna()]
    return Own(int(part["own"].sum()), int(part["cases"].sum())) if "own" in part and len(part) else None
