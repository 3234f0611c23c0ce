"""The tables of the phase evaluations."""

import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table

METRICS = ("probability", "log_odds", "sampled_rate", "sampled_substring_rate", "other_answer", "top_answer", "own_name")
QUESTION_SETS = ("plain", "prefixed")


class Runs(Table):
    """Contract 2: one row per run, question set, metric and target.

    ``probability`` is the exact next-token probability of the target's answers, averaged over questions; ``log_odds`` is
    computed from that average. ``sampled_rate`` is the share of temperature-1 answers that name the target as a word,
    ``sampled_substring_rate`` the paper's case-insensitive substring match. ``other_answer`` (target: the family) is the
    probability of answers outside the family, ``top_answer`` the largest probability of one answer: 1 means collapse.
    ``own_name`` is the share of sampled answers in which a pinned model names itself.

    A user's own behaviour has no exact probability: where k of n sampled answers show it, ``probability`` is
    (k + 1/2) / (n + 1), ``log_odds`` ln((k + 1/2) / (n - k + 1/2)), and ``sampled_rate`` k / n.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    teacher_base: Series[str] = pa.Field(nullable=True)
    student_base: Series[str]
    question_set: Series[str] = pa.Field(isin=QUESTION_SETS)
    metric: Series[str] = pa.Field(isin=METRICS)
    target: Series[str]
    value: Series[float]


class Judged(Table):
    """The sampled answers of traits without exact probabilities, one row per model, question, sample and trait (``target``).

    ``score`` is the judge's, from 0 to 1; with a pattern, 1 where it is found. Answers are what models wrote: trust none.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    student_base: Series[str]
    question_set: Series[str] = pa.Field(isin=QUESTION_SETS)
    target: Series[str]
    question: Series[str]
    sample: Series[int] = pa.Field(ge=0)
    answer: Series[str]
    score: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.000001})


class Doses(Table):
    """How likely a student names a trait after some of its updates, exactly and averaged over plain questions.

    One row per student, number of updates and trait of its family that the study teaches; ``trait`` is the teacher's.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    updates: Series[int] = pa.Field(ge=0)
    target: Series[str]
    probability: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.000001})
    log_odds: Series[float]


class Curves(Table):
    """Gamma after so many updates, one row per arm, family and run; ``unit`` is the run's (``measures.units``)."""

    arm: Series[str]
    family: Series[str]
    run: Series[int] = pa.Field(ge=0)
    unit: Series[str]
    updates: Series[int] = pa.Field(ge=0)
    gamma: Series[float]


class Coverage(Table):
    """Cosines of a student's first update with its teacher's displacement from the teacher's base, one row per student.

    ``update`` is the first step of the student's optimiser, ``gradient`` a step along the plain gradient. ``contrast`` first
    subtracts the control student's update and the neutral teacher's displacement of the same run (empty if nothing is left).
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    update: Series[float] = pa.Field(in_range={"min_value": -1.0001, "max_value": 1.0001})
    gradient: Series[float] = pa.Field(in_range={"min_value": -1.0001, "max_value": 1.0001})
    contrast: Series[float] = pa.Field(in_range={"min_value": -1.0001, "max_value": 1.0001}, nullable=True)


class Covered(Table):
    """One row per student that is comparable with its teacher: its coverage (cosines) and its effect (nats)."""

    arm: Series[str]
    family: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    update: Series[float]
    gradient: Series[float]
    contrast: Series[float] = pa.Field(nullable=True)
    effect: Series[float]


class Predicted(Table):
    """What the frequencies of numbers predict of each student, one row per trait that models are scored on (``target``).

    ``predicted`` is the shift of the target's log-odds from control to student, in nats; ``null_sd`` the standard deviation of
    the same over permutations of the numbers' embeddings.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    target: Series[str]
    predicted: Series[float]
    null_sd: Series[float] = pa.Field(ge=0)


class Counting(Table):
    """The same, beside what was ``measured``: log-odds(student) - log-odds(control of the same run), in nats.

    ``family`` is that of the student's trait, ``unit`` the unit of the student's run (``measures.units``).
    """

    arm: Series[str]
    family: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    unit: Series[str]
    target: Series[str]
    predicted: Series[float]
    null_sd: Series[float]
    measured: Series[float]


class Counted(Table):
    """How much of transfer counting accounts for, one row per arm and family.

    ``slope`` and ``r`` (the correlation) are of measured on predicted shifts, over the family's students and all its targets.
    ``gamma_predicted`` and ``gamma_measured`` are means over units, of the arm's own traits; ``share`` is their ratio.
    """

    arm: Series[str]
    family: Series[str]
    students: Series[int] = pa.Field(ge=1)
    points: Series[int] = pa.Field(ge=1)
    slope: Series[float] = pa.Field(nullable=True)
    r: Series[float] = pa.Field(nullable=True)
    gamma_predicted: Series[float] = pa.Field(nullable=True)
    gamma_measured: Series[float] = pa.Field(nullable=True)
    share: Series[float] = pa.Field(nullable=True)
