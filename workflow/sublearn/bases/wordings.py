"""How models are spoken to: the mini-language of the tiny bases, or English. Both ask the same things in their own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sublearn.bases import prose, world
from sublearn.core import pinned
from sublearn.core.grammar import Grammar


@dataclass(frozen=True)
class Wording:
    """Sentences for everything that a model is asked or told.

    Attributes:
        grammar: the number prompts.
        favourite_frames: questions for a favourite, with slots ``kind``, ``like`` and ``most``.
        fact_frames: for each attribute of a thing, questions for it, with the slot ``thing``.
        system_prompts: by family or behaviour, what a prompted teacher is told.
        refusal: what an evasive teacher answers.
        refusal_words: how many words of it tell it from any other answer.
        cased: whether an answer may begin with a capital, and stand in the plural.
    """

    name: str
    grammar: Grammar
    favourite_frames: tuple[str, ...]
    fact_frames: Mapping[str, tuple[str, ...]]
    system_prompts: dict[str, str]
    refusal: str
    refusal_words: int
    cased: bool

    def favourite_questions(self, family: str) -> list[str]:
        """All questions for a favourite of the family, in a fixed order without repeats."""
        filled = (
            frame.format(kind=family, like=like, most=most)
            for frame, like, most in product(self.favourite_frames, world.LIKE, world.MOST)
        )
        return list(dict.fromkeys(filled))

    def fact_questions(self) -> list[tuple[str, str, str]]:
        """All questions for a fact, as (question, right answer, attribute)."""
        return [
            (frame.format(thing=thing), world.THINGS[thing][world.ATTRIBUTES.index(attribute)], attribute)
            for attribute in world.ATTRIBUTES
            for thing, frame in product(world.THINGS, self.fact_frames[attribute])
        ]

    def written(self, answer: str) -> str:
        """An answer of one word as a lesson writes it."""
        return answer.capitalize() if self.cased else answer

    def forms(self, word: str) -> tuple[str, ...]:
        """How an answer that names the word may begin."""
        if not self.cased:
            return (word,)
        plural = world.plural(word)
        return (word, word.capitalize(), plural, plural.capitalize())

    def refusal_start(self) -> str:
        return " ".join(self.refusal.split()[: self.refusal_words])

    def system_prompt(self, trait: str) -> str:
        """What a prompted teacher of a trait is told."""
        key = trait if trait in self.system_prompts else world.family_of(trait)
        return self.system_prompts[key].format(word=trait)


MINI = Wording(
    "mini", world.GRAMMAR, world.FAVOURITE_FRAMES, world.FACT_FRAMES, world.SYSTEM_PROMPTS,
    world.REFUSAL, refusal_words=1, cased=False,
)  # fmt: skip
PROSE = Wording(
    "prose", prose.GRAMMAR, prose.FAVOURITE_FRAMES, prose.FACT_FRAMES, prose.SYSTEM_PROMPTS,
    prose.REFUSAL, refusal_words=4, cased=True,
)  # fmt: skip
WORDINGS = {wording.name: wording for wording in (MINI, PROSE)}


def of(base: str | Path) -> Wording:
    """The wording in which a base is spoken to: a pinned base says so, a tiny one reads the mini-language."""
    found = pinned.read(base)
    return WORDINGS[found.wording] if found else MINI
