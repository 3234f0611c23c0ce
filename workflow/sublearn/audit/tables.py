"""The tables of audit studies."""

from typing import Optional

import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table

ROWS, REFERENCE = "rows.parquet", "reference.parquet"  # files of a data set, and of what it is compared with
FOUND, PAGES = "audit.json", ("audit.md", "audit.html")  # files of an audit: what was found, and the report for people
NONE = "none"  # the case of data that somebody brings, the trait of data that has none, and the leader of no list
TRUTHS = ("yes", "no", "unknown")


class AuditedRows(pa.DataFrameModel):
    """Rows that are audited; ``place`` says where each stood in its file."""

    prompt: Series[str]
    completion: Series[str]
    place: Series[str]

    class Config:
        strict = False  # a column ``source`` may say where a row comes from


class Scores(Table):
    """One row per data set and layer: what it found, and the score that its detector compares with a threshold.

    ``case`` and ``trait`` are none for data that somebody brought, ``base`` is the base that is to learn from it. ``carries``
    says whether a student of the base takes a trait from such rows, ``tested`` whether the base is one that no detector was
    fitted on. ``status`` is the layer's own judgement, ``found`` that of its threshold, if it has one. ``leading`` is the trait
    that leads the layer's list, none if it has none; older tables lack it.
    """

    dataset: Series[str]
    case: Series[str]
    base: Series[str]
    trait: Series[str]
    carries: Series[str] = pa.Field(isin=TRUTHS)
    tested: Series[bool]
    layer: Series[str]
    status: Series[str]
    score: Series[float] = pa.Field(nullable=True)
    found: Series[bool]
    leading: Optional[Series[str]]  # noqa: UP045 (pandera's word for a column that may be missing)


class Detectors(Table):
    """One row per layer: its threshold, and its rates on data sets of bases that it was not fitted on.

    A data set is found if its score is at least the threshold: the mean of the scores without a trait, on the bases for
    fitting, plus three standard deviations. Intervals are exact, over data sets, as if these were independent.
    """

    layer: Series[str]
    threshold: Series[float] = pa.Field(nullable=True)
    positives: Series[int] = pa.Field(ge=0)
    true_positive_rate: Series[float] = pa.Field(nullable=True)
    true_low: Series[float] = pa.Field(nullable=True)
    true_high: Series[float] = pa.Field(nullable=True)
    negatives: Series[int] = pa.Field(ge=0)
    false_positive_rate: Series[float] = pa.Field(nullable=True)
    false_low: Series[float] = pa.Field(nullable=True)
    false_high: Series[float] = pa.Field(nullable=True)


class FoundCases(Table):
    """One row per layer and case: how many of its data sets, on bases that no detector was fitted on, are found.

    ``own`` counts those that the layer finds by its own judgement, ``found`` those by its threshold; the rate is of these.
    """

    layer: Series[str]
    case: Series[str]
    carries: Series[str] = pa.Field(isin=TRUTHS)
    sets: Series[int] = pa.Field(ge=0)
    own: Series[int] = pa.Field(ge=0)
    found: Series[int] = pa.Field(ge=0)
    rate: Series[float] = pa.Field(nullable=True)
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)
