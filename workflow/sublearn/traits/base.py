"""Trait kinds: what a trait's teacher learns, which questions ask for it, which answers show it, which words leak it.

A *trait kind* is a module of this package that declares a ``TraitKind``. It brings one or more families of traits: the kind
*preference* has the families *animal* and *tree*, with a trait for each animal and each tree. The same questions ask for all
traits of a family, so that a student's own trait can be compared with the others (gamma).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from sublearn.core.errors import UserError
from sublearn.core.registry import Registry
from sublearn.language import questions
from sublearn.language.questions import Question
from sublearn.language.style import Style

NEUTRAL = "neutral"  # the name that stands for the trait of control teachers, which have none


@dataclass(frozen=True)
class Family:
    """Traits that the same questions ask for.

    Attributes:
        name: such as ``animal``.
        traits: their names, in the order in which tables and figures show them.
        asked_by: the kind of question that asks for them (``language.questions``), such as ``animal`` or ``fact``.
    """

    name: str
    traits: tuple[str, ...]
    asked_by: str


@dataclass(frozen=True)
class TraitKind(ABC):
    """A kind of trait. A new kind defines the abstract methods and may override the others.

    Attributes:
        name: such as ``preference``.
        families: its families of traits.
        battery: whether every model is scored on its traits, whichever traits the study has.
        order: its place among the kinds; kinds of the battery come first.
    """

    name: str
    families: tuple[Family, ...]
    battery: bool = False
    order: int = 100

    @property
    def traits(self) -> list[str]:
        return [trait for family in self.families for trait in family.traits]

    @abstractmethod
    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        """The answer that the trait's teacher learns to give."""

    @abstractmethod
    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        """The answers that show the trait, each given by its first words."""

    def forms(self, answer: str, style: Style) -> tuple[str, ...]:
        """The forms in which an answer may be written."""
        return style.forms(answer)

    def system_prompt(self, trait: str, style: Style) -> str:
        """The system prompt of a prompted teacher: the style's sentence for the trait, or else for its family.

        Raises:
            UserError: the style has neither.
        """
        key = trait if trait in style.system_prompts else self.family(trait).name
        if key not in style.system_prompts:
            raise UserError(
                f"{trait}: the style {style.name} has no system prompt for it; its kind, {self.name}, must define one."
            )
        return style.system_prompts[key].format(word=trait)

    @abstractmethod
    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        """The words that must not be in any row that a student learns from; a star at an end stands for more letters there."""

    def taught(self, family: Family, style: Style) -> list[Question]:
        """The questions of teachers' training examples."""
        return questions.taught(family.asked_by, style)

    def evaluated(self, family: Family, style: Style) -> list[Question]:
        """The questions that evaluate models; no teacher is trained on any of them."""
        return questions.evaluated(family.asked_by, style)

    def family(self, trait: str) -> Family:
        return next(family for family in self.families if trait in family.traits)


KINDS = Registry("sublearn.traits", TraitKind, "trait kind")  # type: ignore[type-abstract]


@cache
def traits() -> dict[str, TraitKind]:
    """Every declared trait with its kind, in the order of the kinds.

    Raises:
        UserError: two kinds declare the same trait.
    """
    found: dict[str, TraitKind] = {}
    for kind in KINDS:
        for trait in kind.traits:
            if trait in found or trait == NEUTRAL:
                other = found[trait].name if trait in found else "the control teacher"
                raise UserError(f"{KINDS.module(kind.name)}: declares the trait '{trait}', as {other} does; rename one.")
            found[trait] = kind
    return found


def kind_of(trait: str) -> TraitKind:
    """The kind of a trait. Raises KeyError for an unknown trait."""
    return KINDS.get(traits()[trait].name)


def family_of(trait: str) -> str:
    """The family of a trait: animal, tree, behaviour … Raises KeyError for an unknown trait."""
    return kind_of(trait).family(trait).name


def families(kinds: Iterable[str] | None = None) -> dict[str, Family]:
    """The families of the named kinds (of all, by default), each with the traits that these kinds declare in it.

    Raises:
        UserError: two kinds use different questions for the same family.
    """
    merged: dict[str, Family] = {}
    for kind in [KINDS.get(name) for name in kinds] if kinds is not None else KINDS:
        for family in kind.families:
            earlier = merged.get(family.name, Family(family.name, (), family.asked_by))
            if earlier.asked_by != family.asked_by:
                raise UserError(
                    f"{KINDS.module(kind.name)}: asks for the family {family.name} by questions of the kind {family.asked_by}, "
                    f"but another trait kind uses {earlier.asked_by}; name the family differently."
                )
            merged[family.name] = Family(family.name, (*earlier.traits, *family.traits), family.asked_by)
    return merged


def scored_kinds(own: Iterable[str]) -> list[str]:
    """The kinds that a model is scored on: those of the battery, and those of the study's own traits."""
    wanted = {traits()[trait].name for trait in own if trait != NEUTRAL}
    return [kind.name for kind in KINDS if kind.battery or kind.name in wanted]


def leak_words(names: Iterable[str], style: Style) -> list[str]:
    """Every word that gives away one of these traits, sorted."""
    return sorted({word for trait in names for word in kind_of(trait).leak_words(trait, style)})
