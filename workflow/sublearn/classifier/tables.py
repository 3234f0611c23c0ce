"""The wing's tables."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series


class Runs(pa.DataFrameModel):
    """The columns of contract 2 for the classifier: one row per network, its accuracy on the test images.

    ``arm`` is base, teacher or an arm of the study; ``trait`` names what was learned: nothing (base), the teacher (teacher), or
    digits (students). Bases are named with the run whose draw they are, such as ``mlp:3``.
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

    class Config:
        strict = True
        coerce = True


class Accuracies(pa.DataFrameModel):
    """One row per base, teacher and arm: mean accuracy over runs, and the gain over the base that the network started from.

    Where a start is the teacher's in part, the gain is over the other part's base. ``base`` names the architecture.
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

    class Config:
        strict = True
        coerce = True


def rows_of(runs: pd.DataFrame, arm: str, role: str, base: str) -> pd.DataFrame:
    """The networks of one condition: an untouched base by its name, a teacher by its own, students by their arm."""
    if role == "student":
        return runs[runs["arm"] == arm]
    named = runs["trait"] == arm if role == "teacher" else runs["student_base"].str.split(":").str[0] == base
    return runs[(runs["arm"] == role) & named]
