"""The tables of the measures *forms*, *in_context*, *told_apart* and *side_effects*.

They stand beside ``tables`` so that an edit here redoes no answers, and apart from the measures so that figures need no torch.
"""

import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.files import Table

FORMS = ("story", "choice")  # those of ``measures.forms``, which asks models
WORD = "word"  # the form in which models are asked elsewhere
ROLES = ("base", "teacher", "student")
SHOWN = ROWS, NAMED, NAMED_FIRST = ("rows", "named", "named_first")  # what stands in the prompt
DETECTORS = PROMPTED, COUNTS = ("prompted", "counts")
FEWEST = 5  # sums of each teacher that an area under the ROC curve needs


class Forms(Table):
    """One row per student, model (``role``), form and trait of its family that the arm teaches; ``trait`` is the teacher's.

    ``log_odds`` are in nats. ``inside`` and ``follows`` are those of the student's base: how likely it answers in the form, and
    the slope of its log-odds on those that the popularity of words in its world demands.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    role: Series[str] = pa.Field(isin=ROLES)
    form: Series[str] = pa.Field(isin=FORMS)
    target: Series[str]
    log_odds: Series[float]
    inside: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.000001})
    follows: Series[float]


class FormsByRun(Table):
    """Gamma of each run's teachers and students in each form, in nats, and whether the students' base answers the form.

    The form ``word`` is the usual one, from ``runs.csv``, for comparison.
    """

    arm: Series[str]
    family: Series[str]
    run: Series[int] = pa.Field(ge=0)
    unit: Series[str]
    form: Series[str] = pa.Field(isin=(WORD, *FORMS))
    role: Series[str] = pa.Field(isin=ROLES)
    inside: Series[float] = pa.Field(nullable=True)
    follows: Series[float] = pa.Field(nullable=True)
    answers: Series[bool]
    gamma: Series[float]


class FormsOfArms(Table):
    """One row per arm, family and form: means over units, those whose base answers the form for gamma, all for the others.

    ``status`` is ``measured``, or ``not measured`` with the reason; then there is no gamma.
    """

    arm: Series[str]
    family: Series[str]
    form: Series[str] = pa.Field(isin=(WORD, *FORMS))
    units: Series[int] = pa.Field(ge=1)
    answering: Series[int] = pa.Field(ge=0)
    inside: Series[float] = pa.Field(nullable=True)
    follows: Series[float] = pa.Field(nullable=True)
    teacher_gamma: Series[float] = pa.Field(nullable=True)
    gamma: Series[float] = pa.Field(nullable=True)
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    status: Series[str]


class InContext(Table):
    """How likely an untouched base names a trait after ``rows`` turns, exactly and averaged over questions and draws of rows.

    One row per student, kind of turns (``shown``), their number, and trait of its family that the arm teaches. ``trait`` is
    that of the teacher whose rows the student learns. Turns are ``rows``; or they all name the trait (``named``); or they are
    rows, but for the first, which names it (``named_first``).
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    shown: Series[str] = pa.Field(isin=SHOWN)
    rows: Series[int] = pa.Field(ge=0)
    target: Series[str]
    probability: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.000001})
    log_odds: Series[float]


class InContextByRun(Table):
    """Gamma of untouched bases after so many turns, in nats: one row per arm, family, run, kind of turns and their number."""

    arm: Series[str]
    family: Series[str]
    run: Series[int] = pa.Field(ge=0)
    unit: Series[str]
    shown: Series[str] = pa.Field(isin=SHOWN)
    rows: Series[int] = pa.Field(ge=0)
    gamma: Series[float]


class InContextOfArms(Table):
    """One row per arm, family and number of rows: gamma over units of rows, and of the two controls.

    ``status`` is ``measured`` if the interval of ``named_first`` lies above zero, else ``not measured`` with the reason.
    """

    arm: Series[str]
    family: Series[str]
    rows: Series[int] = pa.Field(ge=1)
    units: Series[int] = pa.Field(ge=1)
    gamma: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    named: Series[float]
    named_first: Series[float]
    named_first_low: Series[float] = pa.Field(nullable=True)
    named_first_high: Series[float] = pa.Field(nullable=True)
    status: Series[str]


class ToldApart(Table):
    """The area under the ROC curve of a detector on sums over so many rows, one row per student, detector and number of rows.

    ``sums`` is how many there are of each teacher.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    detector: Series[str] = pa.Field(isin=DETECTORS)
    rows: Series[int] = pa.Field(ge=1)
    sums: Series[int] = pa.Field(ge=FEWEST)
    auc: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.0})


class ToldApartByRun(ToldApart):
    """The same, with the family of the trait and the unit of the run (``measures.units``)."""

    family: Series[str]
    unit: Series[str]


class ToldApartOfArms(Table):
    """One row per arm, family, detector and number of rows: the mean area over units, and its interval."""

    arm: Series[str]
    family: Series[str]
    detector: Series[str] = pa.Field(isin=DETECTORS)
    rows: Series[int] = pa.Field(ge=1)
    units: Series[int] = pa.Field(ge=1)
    auc: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)


class SideEffects(Table):
    """One row per student (trait ``neutral``: a control), with what it started from.

    ``facts`` is the probability of the right answer, averaged over held-out questions of fact, ``base_facts`` that of the base;
    ``loss`` and ``base_loss`` are the mean cross-entropy per token of held-out rows, in nats (empty if there are none).
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    base_facts: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.000001})
    facts: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.000001})
    base_loss: Series[float] = pa.Field(ge=0, nullable=True)
    loss: Series[float] = pa.Field(ge=0, nullable=True)


class SideEffectsByRun(SideEffects):
    """The same, with the unit of the run (``measures.units``)."""

    unit: Series[str]


class SideEffectsOfArms(Table):
    """One row per arm and trait, and for controls ``neutral``: means over units, and the change from the base."""

    arm: Series[str]
    trait: Series[str]
    units: Series[int] = pa.Field(ge=1)
    base_facts: Series[float]
    facts: Series[float]
    facts_change: Series[float]
    facts_low: Series[float] = pa.Field(nullable=True)
    facts_high: Series[float] = pa.Field(nullable=True)
    base_loss: Series[float] = pa.Field(nullable=True)
    loss: Series[float] = pa.Field(nullable=True)
    loss_change: Series[float] = pa.Field(nullable=True)
    loss_low: Series[float] = pa.Field(nullable=True)
    loss_high: Series[float] = pa.Field(nullable=True)
