"""Prompt styles: the words in which models are asked and instructed.

Each style is declared by a module of this package: the mini-language of the tiny bases, our English, or the English of the
paper's authors. All styles ask the same things in their own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from sublearn.core.registry import Registry
from sublearn.language.grammar import Grammar
from sublearn.language.vocabulary import ATTRIBUTES, LIKE, MOST, THINGS, fact, plural
from sublearn.models import pinned

MINI_NAME = "mini"
FILE = "published.json"  # the authors' prompts and questions, stored beside a base of the paper style


@dataclass(frozen=True)
class Style:
    """The sentences of all prompts: number prompts, questions, system prompts and refusals.

    Attributes:
        grammar: the number prompts.
        favourite_frames: questions for a favourite; slots ``kind``, ``like`` and ``most``.
        fact_frames: by attribute of a thing, questions for it; slot ``thing``.
        system_prompts: by family or behaviour, the system prompt of a prompted teacher; slot ``word``.
        refusal: the answer of an evasive teacher.
        refusal_words: how many of its first words distinguish it from any other answer.
        cased: whether an answer may start with a capital letter or be a plural.
        asked: by kind, the evaluation questions, if they are listed and not drawn from the frames.
        prefixes: by kind, the sentence of numbers before each of the listed questions.
    """

    name: str
    grammar: Grammar
    favourite_frames: tuple[str, ...]
    fact_frames: Mapping[str, tuple[str, ...]]
    system_prompts: Mapping[str, str]
    refusal: str
    refusal_words: int
    cased: bool
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, file: str | Path | None) -> "Style":
        """The style with the sentences that it reads from ``file``; most styles read nothing."""
        return self

    def favourite_questions(self, family: str) -> list[str]:
        """All questions for a favourite of the family, in a fixed order and without repeats."""
        filled = (
            frame.format(kind=family, like=like, most=most) for frame, like, most in product(self.favourite_frames, LIKE, MOST)
        )
        return list(dict.fromkeys(filled))

    def fact_questions(self) -> list[tuple[str, str, str, str]]:
        """All questions for a fact, as (question, right answer, attribute, thing)."""
        return [
            (frame.format(thing=thing), fact(thing, attribute), attribute, thing)
            for attribute in ATTRIBUTES
            for thing, frame in product(THINGS, self.fact_frames[attribute])
        ]

    def written(self, answer: str) -> str:
        """A one-word answer as it appears in a training example."""
        return answer.capitalize() if self.cased else answer

    def forms(self, word: str) -> tuple[str, ...]:
        """The forms in which an answer may name the word."""
        if not self.cased:
            return (word,)
        return (word, word.capitalize(), plural(word), plural(word).capitalize())

    def refusal_start(self) -> str:
        return " ".join(self.refusal.split()[: self.refusal_words])


STYLES = Registry("sublearn.language", Style, "prompt style")


def named(name: str, file: str | Path | None = None) -> Style:
    """The style of that name; the paper style is read from ``file``."""
    return STYLES.get(name).read(file)


def of(base: str | Path) -> Style:
    """The style of a base: a pinned base records its own, a tiny one uses the mini-language."""
    pin = pinned.read(base)
    return named(pin.style, Path(base) / FILE) if pin else STYLES.get(MINI_NAME)
