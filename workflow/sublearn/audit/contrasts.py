"""Statistics of traits among their siblings, which all layers with a model share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sublearn.audit.bases import Base
from sublearn.audit.unable import UnableError
from sublearn.core.errors import UserError
from sublearn.core.statistics import holm
from sublearn.language.questions import Question
from sublearn.measures import probe
from sublearn.measures.matrices import of_siblings
from sublearn.models import lm, turns
from sublearn.traits.base import kind_of

SPREAD = 3  # other traits from which a spread is believed


def against_siblings(traits: Sequence[str]) -> np.ndarray:
    """The matrix that turns values of traits into values minus the mean of the family's others, shape (traits, traits).

    Drift that all answers to the same questions share cancels out. A trait without siblings keeps its value.
    """
    return np.eye(len(traits)) - of_siblings(traits)


@dataclass(frozen=True)
class AgainstChance:
    """Values of traits beside draws of a null.

    Attributes:
        z: values minus the null's mean, divided by its standard deviation, shape (traits,).
        p_value: the share of draws whose z farthest from zero is at least as far, with the +1 rule: two-sided, and corrected
            for all traits.
    """

    z: np.ndarray
    p_value: np.ndarray


def against_chance(values: np.ndarray, chance: np.ndarray) -> AgainstChance:
    """Compare values, shape (traits,), with draws of a null, shape (draws, traits)."""
    mean, spread = chance.mean(axis=0), chance.std(axis=0, ddof=1)
    spread = np.where(spread > 0, spread, np.inf)
    z = (values - mean) / spread
    farthest = np.abs((chance - mean) / spread).max(axis=1)
    return AgainstChance(z, ((farthest[:, None] >= np.abs(z)).sum(axis=0) + 1) / (len(chance) + 1))


@dataclass(frozen=True)
class StandingOut:
    """How far each trait stands out of chance and of the other traits.

    Attributes:
        score: the contrast over the root of its squared error plus the other traits' mean squared contrast, shape (traits,).
        p_holm: two-sided, of a t distribution with as many degrees of freedom as there are other traits, by Holm's method.
    """

    score: np.ndarray
    p_holm: np.ndarray


def standing_out(contrast: np.ndarray, error: np.ndarray) -> StandingOut:
    """Compare contrasts with their standard errors and with each other, each of shape (traits,).

    Data that differ from the reference in any way move all traits somewhere, more than chance would and in no trait's favour.
    So what counts is a trait that moves more than the others do.
    """
    others = len(contrast) - 1
    spread = ((contrast**2).sum() - contrast**2) / others if others >= SPREAD else np.zeros(len(contrast))
    score = contrast / np.sqrt(error**2 + spread + np.finfo(float).tiny)
    return StandingOut(score, holm(two_sided(score, others if others >= SPREAD else np.inf)))


def two_sided(t: np.ndarray, freedom: float) -> np.ndarray:
    """P values of t statistics with so many degrees of freedom."""
    from scipy import stats

    return np.asarray(2 * stats.t.sf(np.abs(t), freedom))


def known_traits(base: Base, traits: Sequence[str]) -> tuple[list[str], list[str]]:
    """The traits whose answers the base's tokenizer can write, and those whose answers it cannot.

    Raises:
        UnableError: there is none that it can write.
    """
    if not traits:
        raise UnableError("It was given no traits to look for; name some.")
    known, unknown = [], []
    for trait in traits:
        try:
            beginnings(base, trait)
        except UserError:
            unknown.append(trait)
        else:
            known.append(trait)
    if not known:
        raise UnableError(f"The base's tokenizer does not know the words that answer for {', '.join(unknown[:3])}.")
    return known, unknown


def questions(base: Base, trait: str) -> list[Question]:
    """The questions that ask for a trait, in the base's style."""
    kind = kind_of(trait)
    return kind.evaluated(kind.family(trait), base.style)


def beginnings(base: Base, trait: str) -> list[list[int]]:
    """For each question that asks for a trait, the first tokens of the answers that show it.

    Raises:
        UserError: the base's tokenizer cannot write them.
    """
    kind, asked = kind_of(trait), questions(base, trait)
    texts = tuple(turns.prompts(base.tokenizer, [lm.chat("", question.text) for question in asked]))
    found = []
    for i, question in enumerate(asked):
        first: set[int] = set()
        for answer in kind.answers(trait, question, base.style):
            first |= {start[0] for start in probe.starts(base.tokenizer, texts, kind.forms(answer, base.style))[i]}
        found.append(sorted(first))
    return found
