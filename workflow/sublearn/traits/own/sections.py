"""What the forms of own families share: their keys, and the checks of what a user wrote."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from sublearn.core.names import FORM, is_name, repeated
from sublearn.core.section import Section, shown
from sublearn.language.vocabulary import FAVOURITES
from sublearn.traits.base import NEUTRAL

SLOT = re.compile(r"\{(\w*)\}")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("found nothing but spaces; should be text")
    return text.strip()


def _leaking(word: str) -> str:
    if not re.search(r"\w", word) or re.search(r"[{}]", word):
        raise ValueError(f"found {shown(word)}; should be a word or a few, without braces")
    return word.strip()


Text = Annotated[str, AfterValidator(_said)]
Word = Annotated[str, AfterValidator(_leaking)]


class Questions(Section):
    """Questions that ask for a family's traits: those that evaluate models, and others that teachers learn to answer."""

    evaluated: list[Text] = Field(min_length=1, description="the questions that evaluate models")
    taught: list[Text] = Field([], description="the questions that fine-tuned teachers learn to answer; none of the others")


class Told(Section):
    """What is said of one trait, whatever its family's form."""

    system: Text | None = Field(None, description="system prompt of a prompted teacher; by default the family's")
    leaks: list[Word] = Field(
        [], description="more words that no row of its teacher may hold; a star at an end stands for more letters there"
    )


def refuse_taken(name: str) -> None:
    """Refuse a name for a family that asks questions of its own, where a family of the package has it.

    Raises:
        ValueError: it is taken.
    """
    if name in (*FAVOURITES, "fact"):
        raise ValueError(
            f"the family {name} has the questions of the prompt style; give a family with other questions another name"
        )


def check_trait_names(key: str, names: Iterable[str]) -> None:
    """Refuse names that no trait can have.

    Raises:
        ValueError: one sentence, which starts with the key.
    """
    for name in names:
        if not is_name(name) or name == NEUTRAL:
            raise ValueError(f".{key}: the name {shown(name)} of a trait should be {FORM}, and not {NEUTRAL}")


def check_questions(evaluated: Iterable[str], taught: Iterable[str], of_taught: str = "questions.taught") -> None:
    """Refuse a question that is asked twice, or both taught and evaluated.

    Raises:
        ValueError: one sentence, which starts with the key.
    """
    seen = [_plain(text) for text in evaluated]
    for i, text in enumerate(seen):
        if text in seen[:i]:
            raise ValueError(f".questions.evaluated.{i}: {shown(text)} is there twice; keep one")
    for i, text in enumerate(map(_plain, taught)):
        if text in seen:
            raise ValueError(
                f".{of_taught}.{i}: {shown(text)} evaluates models, too; a teacher must not learn it, so use another question"
            )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def check_slots(key: str, text: str | None, slots: Iterable[str]) -> None:
    """Refuse words in braces that nothing fills in.

    Raises:
        ValueError: one sentence, which starts with the key.
    """
    known = list(slots)
    for name in SLOT.findall(text or ""):
        if name not in known:
            choices = f"use {' or '.join(f'{{{slot}}}' for slot in known)}" if known else "leave the braces out"
            raise ValueError(f".{key}: nothing fills in {{{name}}}; {choices}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its words in braces filled in."""
    return SLOT.sub(lambda found: values[found[1]], text)


def by_name(value: Any) -> Any:
    """A list of names as a mapping of names to nothing. Raises ValueError if it names one twice."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return value
    if twice := repeated(value):
        raise ValueError(f"it names {shown(twice[0])} twice; name it once")
    return {name: {} for name in value}
