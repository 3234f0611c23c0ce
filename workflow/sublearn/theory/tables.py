"""The tables of the theorem."""

import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table
from sublearn.theory.labels import ARMS, VARIED


class FirstSteps(Table):
    """One row per draw, condition and value: the results of the student's first step.

    ``step`` is the length of the teacher's displacement over that of its start. ``inner`` is the inner product of the student's
    update and the displacement, ``leading`` its predicted leading term, and ``change`` the change of the teacher's loss along
    the student's step.
    """

    draw: Series[int] = pa.Field(ge=0)
    hidden: Series[str]
    activation: Series[str]
    teacher_loss: Series[str]
    inputs: Series[str]
    student_loss: Series[str]
    parameters: Series[int] = pa.Field(ge=1)
    condition: Series[str] = pa.Field(isin=list(VARIED))
    step: Series[float] = pa.Field(gt=0)
    value: Series[str]
    inner: Series[float]
    cosine: Series[float] = pa.Field(in_range={"min_value": -1.000001, "max_value": 1.000001})
    leading: Series[float] = pa.Field(nullable=True)
    change: Series[float]


class Trajectories(Table):
    """One row per arm, run and step of the student.

    ``alignment`` is the cosine of the update, before anything is projected out, and the teacher's displacement. ``descent`` is
    the update's cosine with the descent of the teacher's loss at the student's parameters before the step. ``teacher_loss``
    (nats) is the student's value of that loss after the step. ``transfer`` is the fall of that loss since the student's start
    over the teacher's fall since its own start.
    """

    arm: Series[str] = pa.Field(isin=list(ARMS))
    run: Series[int] = pa.Field(ge=0)
    step: Series[int] = pa.Field(ge=1)
    alignment: Series[float] = pa.Field(in_range={"min_value": -1.000001, "max_value": 1.000001})
    descent: Series[float] = pa.Field(in_range={"min_value": -1.000001, "max_value": 1.000001})
    teacher_loss: Series[float]
    transfer: Series[float]


class Shares(Table):
    """The common columns of tables of shares: how often the sign and the fall of the teacher's loss hold.

    Intervals are exact 95 % intervals over draws.
    """

    draws: Series[int] = pa.Field(ge=1)
    sign: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    sign_low: Series[float]
    sign_high: Series[float]
    decrease: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    decrease_low: Series[float]
    decrease_high: Series[float]
    cosine: Series[float]
    least_cosine: Series[float]


class Alignment(Shares):
    """One row per start, teacher step and group of draws; deviations are of the inner product from its leading term."""

    start: Series[str] = pa.Field(isin=["same", "other"])
    step: Series[float] = pa.Field(gt=0)
    group: Series[str]
    member: Series[str]
    deviation: Series[float] = pa.Field(nullable=True)
    largest_deviation: Series[float] = pa.Field(nullable=True)


class Conditions(Shares):
    """One row per condition and value.

    ``sign_fails`` and ``decrease_fails`` mark the first value at which the sign, or the fall, does not hold in all draws.
    """

    condition: Series[str] = pa.Field(isin=list(VARIED))
    words: Series[str]
    varied: Series[str]
    step: Series[float] = pa.Field(nullable=True)
    level: Series[int] = pa.Field(ge=0)
    value: Series[str]
    sign_fails: Series[bool]
    decrease_fails: Series[bool]


class Trajectory(Table):
    """One row per arm and step: means over runs with 95 % t intervals."""

    arm: Series[str] = pa.Field(isin=list(ARMS))
    step: Series[int] = pa.Field(ge=1)
    runs: Series[int] = pa.Field(ge=2)
    alignment: Series[float]
    alignment_low: Series[float] = pa.Field(nullable=True)
    alignment_high: Series[float] = pa.Field(nullable=True)
    aligned: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    descent: Series[float]
    teacher_loss: Series[float]
    transfer: Series[float]
    transfer_low: Series[float] = pa.Field(nullable=True)
    transfer_high: Series[float] = pa.Field(nullable=True)
