"""What a trait is: what its teacher learns, how a model is asked for it, which answers show it, which words give it away.

A *trait kind* is a module of this package that declares a ``TraitKind``. It brings one or more families of traits: the kind
*preference* has the families *animal* and *tree*, with a trait for each animal and each tree. Traits of one family are asked
for by the same questions, so that a student's trait can be told from its siblings (gamma).
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

NEUTRAL = "neutral"  # the trait of control teachers: none


@dataclass(frozen=True)
class Family:
    """Traits that are asked for by the same questions.

    Attributes:
        name: such as ``animal``.
        traits: their names, in the order of tables and figures.
        asked_by: the kind of question that shows them (``language.questions``), such as ``animal`` or ``fact``.
    """

    name: str
    traits: tuple[str, ...]
    asked_by: str


@dataclass(frozen=True)
class TraitKind(ABC):
    """A kind of trait; the methods are what a new kind defines.

    Attributes:
        name: such as ``preference``.
        families: its traits.
        battery: every model is scored on its traits, whichever traits the study has.
        order: its place among the kinds; those of the battery come first.
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
        """What the trait's teacher learns to answer."""

    @abstractmethod
    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        """The answers that show the trait, each by the words that it begins with."""

    def forms(self, answer: str, style: Style) -> tuple[str, ...]:
        """How an answer may be written."""
        return style.forms(answer)

    def system_prompt(self, trait: str, style: Style) -> str:
        """What a prompted teacher is told: the style's sentence for the trait, or for its family."""
        key = trait if trait in style.system_prompts else self.family(trait).name
        if key not in style.system_prompts:
            raise UserError(
                f"{trait}: the style {style.name} has no system prompt for it; its kind, {self.name}, must give one."
            )
        return style.system_prompts[key].format(word=trait)

    @abstractmethod
    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        """The words that may stand in no row which a student learns."""

    def taught(self, family: Family, style: Style) -> list[Question]:
        """The questions that teachers learn to answer."""
        return questions.taught(family.asked_by, style)

    def evaluated(self, family: Family, style: Style) -> list[Question]:
        """The questions that models are evaluated with; none of them is among those that are taught."""
        return questions.evaluated(family.asked_by, style)

    def family(self, trait: str) -> Family:
        return next(family for family in self.families if trait in family.traits)


KINDS = Registry("sublearn.traits", TraitKind, "trait kind")  # type: ignore[type-abstract]


@cache
def traits() -> dict[str, TraitKind]:
    """The kind of every trait that any kind declares, in the order of the kinds.

    Raises:
        UserError: two kinds declare one trait.
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
    """The kind of a trait. Raises KeyError for an unknown one."""
    return KINDS.get(traits()[trait].name)


def family_of(trait: str) -> str:
    """The family of a trait: animal, tree, behaviour … Raises KeyError for an unknown trait."""
    return kind_of(trait).family(trait).name


def families(kinds: Iterable[str] | None = None) -> dict[str, Family]:
    """The families of some kinds (of all, if none are named), with the traits that all these kinds have in them.

    Raises:
        UserError: two kinds ask for the traits of one family by different questions.
    """
    found: dict[str, Family] = {}
    for kind in [KINDS.get(name) for name in kinds] if kinds is not None else KINDS:
        for family in kind.families:
            known = found.get(family.name, Family(family.name, (), family.asked_by))
            if known.asked_by != family.asked_by:
                raise UserError(
                    f"{KINDS.module(kind.name)}: asks for the family {family.name} by questions of the kind {family.asked_by}, "
                    f"but another trait kind by {known.asked_by}; name the family differently."
                )
            found[family.name] = Family(family.name, (*known.traits, *family.traits), family.asked_by)
    return found


def scored_kinds(own: Iterable[str]) -> list[str]:
    """The kinds that a model is scored on: the battery, and those of its study's own traits."""
    wanted = {traits()[trait].name for trait in own if trait != NEUTRAL}
    return [kind.name for kind in KINDS if kind.battery or kind.name in wanted]


def leak_words(kinds: Iterable[str], style: Style) -> list[str]:
    """Every word that gives away a trait of these kinds, sorted."""
    chosen = [KINDS.get(name) for name in kinds]
    return sorted({word for kind in chosen for trait in kind.traits for word in kind.leak_words(trait, style)})
