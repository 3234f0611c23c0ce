"""The tables of the classifier."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table


class Runs(Table):
    """The classifier's ``runs.csv`` (contract 2): one row per network, with its accuracy on the test images.

    ``arm`` is base, teacher or an arm of the study. ``trait`` is nothing for a base, the teacher's name for a teacher, and
    digits for a student. Bases are named with the run for which they were drawn, such as ``mlp:3``.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    teacher_base: Series[str] = pa.Field(nullable=True)
    student_base: Series[str]
    question_set: Series[str] = pa.Field(isin=["test"])
    metric: Series[str] = pa.Field(isin=["accuracy"])
    target: Series[str]
    value: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})


class Accuracies(Table):
    """One row per base, teacher and arm: mean accuracy over runs, and mean gain over the base that the network started from.

    If a start is only partly the teacher's, the gain is over the base of the other part. ``base`` names the architecture.
    """

    arm: Series[str]
    role: Series[str] = pa.Field(isin=["base", "teacher", "student"])
    base: Series[str]
    shares: Series[str]
    runs: Series[int] = pa.Field(ge=1)
    accuracy: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    gain: Series[float]
    gain_low: Series[float] = pa.Field(nullable=True)
    gain_high: Series[float] = pa.Field(nullable=True)
    p_value: Series[float] = pa.Field(nullable=True)


def rows_of(runs: pd.DataFrame, arm: str, role: str, base: str) -> pd.DataFrame:
    """The rows of one condition: an untouched base by ``base``, a teacher by its name in ``arm``, students by their arm."""
    if role == "student":
        return runs[runs["arm"] == arm]
    named = runs["trait"] == arm if role == "teacher" else runs["student_base"].str.split(":").str[0] == base
    return runs[(runs["arm"] == role) & named]
