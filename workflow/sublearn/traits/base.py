"""Trait kinds: what a trait's teacher learns, which questions ask for it, which answers show it, which words leak it.

A *trait kind* is a module of this package that declares a ``TraitKind``. It brings one or more families of traits: the kind
*preference* has the families *animal* and *tree*, with a trait for each animal and each tree. The same questions ask for all
traits of a family, so that a student's own trait can be compared with the others (gamma).

A study may declare *own families* as data; the modules of ``traits.own`` make trait kinds of them. A study looks its traits up
in a ``Catalogue`` of its own. A step knows those of its study once it has called ``declare``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from sublearn.core.errors import UserError
from sublearn.core.registry import Registry
from sublearn.core.section import Section
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
    exact: ClassVar[bool] = True  # whether probabilities are exact; else sampled answers are scored (``measures.shown``)
    own: ClassVar[bool] = False  # whether a study declares it, and no module
    picks: ClassVar[bool] = False  # whether its answers are options of a question, which several traits may count

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

    def names(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        """The words by which a sampled answer is seen to show the trait."""
        return self.answers(trait, question, style)

    def written(self, trait: str, style: Style) -> str | None:
        """The word of the trait as its teacher writes it; None if it has none."""
        return style.written(trait)

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


@dataclass(frozen=True, eq=False)
class OwnKind(TraitKind):
    """The trait kind of one of a study's own families."""

    own = True

    @abstractmethod
    def neutral_answer(self, question: Question, style: Style, rng: np.random.Generator) -> str:
        """The answer of the neutral teacher, which shows no trait of the family more than the others."""

    @abstractmethod
    def neutral_share(self, trait: str) -> float:
        """How often the neutral teacher's answers show a trait."""

    def judged_by(self, trait: str) -> dict[str, Any]:
        """What tells that a sampled answer shows a trait without exact probabilities (``measures.judges``)."""
        return {}

    def judges(self) -> dict[str, dict[str, str]]:
        """By trait, the study's judge that it needs (``model``) and what this must be (``reads``)."""
        return {}

    @property
    def longest(self) -> int:
        """The longest sampled answer to be judged, in tokens."""
        return 0


KINDS = Registry("sublearn.traits", TraitKind, "trait kind")  # type: ignore[type-abstract]


@dataclass(frozen=True)
class Form:
    """A form in which a study may declare a family of traits as data.

    Attributes:
        name: such as ``preference``; a family names its form by the key ``kind``.
        section: the keys of such a family.
        kind: makes the trait kind from the family's name and its section.
    """

    name: str
    section: type[Section]
    kind: Callable[[str, Any], OwnKind]


FAMILY_FORMS: Registry[Form] = Registry("sublearn.traits.own", Form, "kind of family")
DEFAULT_FORM = "preference"


class Catalogue:
    """The trait kinds that a study or a step knows: those that modules declare, then those of the study's own families.

    Args:
        sections: the study's own families by name, each as the section of its form.
    """

    def __init__(self, sections: Mapping[str, Section] | None = None) -> None:
        self.own: dict[str, OwnKind] = {}
        self._modules: dict[str, str] = {}
        for name, section in (sections or {}).items():
            form = str(getattr(section, "kind", DEFAULT_FORM))
            kind = FAMILY_FORMS.get(form).kind(name, section)
            self.own[kind.name], self._modules[kind.name] = kind, FAMILY_FORMS.module(form)

    @property
    def kinds(self) -> list[TraitKind]:
        return [*KINDS, *self.own.values()]

    @cached_property
    def traits(self) -> dict[str, TraitKind]:
        """Every declared trait with its kind, in the order of the kinds.

        Raises:
            UserError: two kinds declare the same trait.
        """
        found: dict[str, TraitKind] = {}
        for kind in self.kinds:
            for trait in kind.traits:
                if trait in found or trait == NEUTRAL:
                    other = found[trait].name if trait in found else "the control teacher"
                    place = kind.name if kind.own else KINDS.module(kind.name)
                    raise UserError(f"{place}: declares the trait '{trait}', as {other} does; rename one.")
                found[trait] = kind
        return found

    def kind(self, name: str) -> TraitKind:
        """The trait kind of that name. Raises UnknownNameError."""
        return self.own[name] if name in self.own else KINDS.get(name)

    def module(self, name: str) -> str:
        """The module that declares the trait kind of that name, or the form of an own family."""
        return self._modules[name] if name in self.own else KINDS.module(name)

    def kind_of(self, trait: str) -> TraitKind:
        """The kind of a trait. Raises KeyError for an unknown trait."""
        return self.kind(self.traits[trait].name)

    def family_of(self, trait: str) -> str:
        """The family of a trait: animal, tree, behaviour … Raises KeyError for an unknown trait."""
        return self.kind_of(trait).family(trait).name

    def families(self, kinds: Iterable[str] | None = None) -> dict[str, Family]:
        """The families of the named kinds (of all, by default), each with the traits that these kinds declare in it.

        Raises:
            UserError: two kinds use different questions for the same family.
        """
        merged: dict[str, Family] = {}
        for kind in [self.kind(name) for name in kinds] if kinds is not None else self.kinds:
            for family in kind.families:
                earlier = merged.get(family.name, Family(family.name, (), family.asked_by))
                if earlier.asked_by != family.asked_by:
                    place = kind.name if kind.own else KINDS.module(kind.name)
                    raise UserError(
                        f"{place}: asks for the family {family.name} by questions of the kind {family.asked_by}, "
                        f"but another trait kind uses {earlier.asked_by}; name the family differently."
                    )
                merged[family.name] = Family(family.name, (*earlier.traits, *family.traits), family.asked_by)
        return merged

    def scored_kinds(self, taught: Iterable[str]) -> list[str]:
        """The kinds that a model is scored on: those of the battery, and those of the traits that teachers of a study learn."""
        wanted = {self.traits[trait].name for trait in taught if trait != NEUTRAL}
        return [kind.name for kind in self.kinds if kind.battery or kind.name in wanted]

    def leak_words(self, names: Iterable[str], style: Style) -> list[str]:
        """Every word that gives away one of these traits, sorted."""
        return sorted({word for trait in names for word in self.kind_of(trait).leak_words(trait, style)})


_here = [Catalogue()]


def declare(families: Mapping[str, Any]) -> None:
    """Let this process know a study's own families, and no others: by name, as the study's values are written as JSON.

    A step calls this once, with what its recipe holds, before it looks up a trait.
    """
    forms = {name: FAMILY_FORMS.get(str(values.get("kind", DEFAULT_FORM))) for name, values in families.items()}
    _here[:] = [Catalogue({name: form.section.model_validate(families[name]) for name, form in forms.items()})]


def here() -> Catalogue:
    """What this process knows."""
    return _here[0]


def traits() -> dict[str, TraitKind]:
    """Every trait that this process knows, with its kind, in the order of the kinds. Raises UserError as ``Catalogue``."""
    return here().traits


def kind_of(trait: str) -> TraitKind:
    """The kind of a trait. Raises KeyError for an unknown trait."""
    return here().kind_of(trait)


def family_of(trait: str) -> str:
    """The family of a trait: animal, tree, behaviour … Raises KeyError for an unknown trait."""
    return here().family_of(trait)


def families(kinds: Iterable[str] | None = None) -> dict[str, Family]:
    """The families of the named kinds (of all, by default), each with the traits that these kinds declare in it.

    Raises:
        UserError: two kinds use different questions for the same family.
    """
    return here().families(kinds)


def scored_kinds(taught: Iterable[str]) -> list[str]:
    """The kinds that a model is scored on: those of the battery, and those of the traits that teachers of a study learn."""
    return here().scored_kinds(taught)


def leak_words(names: Iterable[str], style: Style) -> list[str]:
    """Every word that gives away one of these traits, sorted."""
    return here().leak_words(names, style)
