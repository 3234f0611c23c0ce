"""The tables of the phase findings (contracts 3 and 4)."""

import pandera.pandas as pa
from pandera.typing import Series


class Effects(pa.DataFrameModel):
    """One row per arm and trait, on plain questions and exact probabilities.

    ``base``, ``control`` and ``student`` are mean probabilities over runs; ``effect`` is the mean over runs of
    log-odds(student) - log-odds(control of the same run), in nats.
    """

    arm: Series[str]
    family: Series[str]
    trait: Series[str]
    runs: Series[int] = pa.Field(ge=1)
    base: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    control: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    student: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    effect: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    p_value: Series[float] = pa.Field(nullable=True)
    p_holm: Series[float] = pa.Field(nullable=True)

    class Config:
        strict = True
        coerce = True


class Arms(pa.DataFrameModel):
    """One row per arm and family with at least three traits: the diagonal contrast gamma, in nats."""

    arm: Series[str]
    family: Series[str]
    traits: Series[int] = pa.Field(ge=3)
    runs: Series[int] = pa.Field(ge=1)
    gamma: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    p_value: Series[float]

    class Config:
        strict = True
        coerce = True
