"""Prompt styles: how models are spoken to.

A style is a module of this package that declares one: the mini-language of the tiny bases, our English, or the English of the
paper's authors. All styles ask the same things in their own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from sublearn.core.registry import Registry
from sublearn.language.grammar import Grammar
from sublearn.language.vocabulary import ATTRIBUTES, LIKE, MOST, THINGS, plural
from sublearn.models import pinned

MINI_NAME = "mini"
FILE = "published.json"  # what was taken from the authors' repository, beside a base that is asked in their words


@dataclass(frozen=True)
class Style:
    """Sentences for everything that a model is asked or told.

    Attributes:
        grammar: the number prompts.
        favourite_frames: questions for a favourite, with slots ``kind``, ``like`` and ``most``.
        fact_frames: for each attribute of a thing, questions for it, with the slot ``thing``.
        system_prompts: by family or behaviour, what a prompted teacher is told, with the slot ``word``.
        refusal: what an evasive teacher answers.
        refusal_words: how many words of it tell it from any other answer.
        cased: whether an answer may begin with a capital, and stand in the plural.
        asked: by kind, the questions that evaluate, where they are given and not drawn from the frames.
        prefixes: by kind, the sentence of numbers before each of these, where they are given.
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
        """The style with what it takes from ``file``; most take nothing."""
        return self

    def favourite_questions(self, family: str) -> list[str]:
        """All questions for a favourite of the family, in a fixed order without repeats."""
        filled = (
            frame.format(kind=family, like=like, most=most) for frame, like, most in product(self.favourite_frames, LIKE, MOST)
        )
        return list(dict.fromkeys(filled))

    def fact_questions(self) -> list[tuple[str, str, str]]:
        """All questions for a fact, as (question, right answer, attribute)."""
        return [
            (frame.format(thing=thing), THINGS[thing][ATTRIBUTES.index(attribute)], attribute)
            for attribute in ATTRIBUTES
            for thing, frame in product(THINGS, self.fact_frames[attribute])
        ]

    def written(self, answer: str) -> str:
        """An answer of one word as a training example writes it."""
        return answer.capitalize() if self.cased else answer

    def forms(self, word: str) -> tuple[str, ...]:
        """How an answer that names the word may begin."""
        if not self.cased:
            return (word,)
        return (word, word.capitalize(), plural(word), plural(word).capitalize())

    def refusal_start(self) -> str:
        return " ".join(self.refusal.split()[: self.refusal_words])


STYLES = Registry("sublearn.language", Style, "prompt style")


def named(name: str, file: str | Path | None = None) -> Style:
    """A style by its name; that of the paper is read from ``file``."""
    return STYLES.get(name).read(file)


def of(base: str | Path) -> Style:
    """The style in which a base is spoken to: a pinned base says so, a tiny one reads the mini-language."""
    found = pinned.read(base)
    return named(found.style, Path(base) / FILE) if found else STYLES.get(MINI_NAME)
