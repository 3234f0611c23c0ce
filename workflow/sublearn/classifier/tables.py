"""The wing's tables."""

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
    """One row per base, teacher and arm: mean accuracy over runs, and the gain over the untouched base of the same run."""

    arm: Series[str]
    role: Series[str] = pa.Field(isin=["base", "teacher", "student"])
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
