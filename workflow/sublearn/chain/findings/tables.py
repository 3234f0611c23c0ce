"""The tables of the phase findings (contracts 3 and 4)."""

import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table


class Effects(Table):
    """One row per arm and trait, on plain questions and exact probabilities.

    Values are averaged over the runs of a teacher base first, and then over bases (``measures.units``): ``base``, ``control``
    and ``student`` are probabilities, ``effect`` is log-odds(student) - log-odds(control of the same run), in nats.
    """

    arm: Series[str]
    family: Series[str]
    trait: Series[str]
    runs: Series[int] = pa.Field(ge=1)
    bases: Series[int] = pa.Field(ge=1)
    base: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    control: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    student: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    effect: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    p_value: Series[float] = pa.Field(nullable=True)
    p_holm: Series[float] = pa.Field(nullable=True)


class Arms(Table):
    """One row per arm and family with at least three traits: the diagonal contrast gamma, in nats.

    ``null_sd`` and ``null_p`` hold it against random assignments of the family's targets to the traits.
    """

    arm: Series[str]
    family: Series[str]
    traits: Series[int] = pa.Field(ge=3)
    runs: Series[int] = pa.Field(ge=1)
    bases: Series[int] = pa.Field(ge=1)
    gamma: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    p_value: Series[float]
    null_sd: Series[float] = pa.Field(ge=0)
    null_p: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
