"""How models are spoken to: the mini-language of the tiny bases, our English, or the English of the paper's authors.

All ask the same things in their own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from pathlib import Path

from sublearn.bases import prose, world
from sublearn.core import pinned
from sublearn.core.files import read_record
from sublearn.core.grammar import Grammar
from sublearn.core.section import Section

FILE = "wording.json"  # what was taken from the authors' repository


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
        asked: by kind, the questions that evaluate, where they are given and not drawn from the frames.
        prefixes: by kind, the sentence of numbers before each of these, where they are given.
    """

    name: str
    grammar: Grammar
    favourite_frames: tuple[str, ...]
    fact_frames: Mapping[str, tuple[str, ...]]
    system_prompts: dict[str, str]
    refusal: str
    refusal_words: int
    cased: bool
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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


class Published(Section):
    """What the paper's authors published, as the step ``authors`` found it.

    Attributes:
        revision: the commit, where one was asked for.
        files: each file that was read, with its SHA-256.
        grammar: the number prompts.
        system_prompts: by family, what a prompted teacher is told, with the slot ``word``.
        questions: by family, the questions for a favourite.
        prefixes: by family, the sentence of numbers that stands before each question in the second question set.
        banned: numbers that the filter refuses in the experiment on misalignment.
    """

    revision: str | None
    files: dict[str, str]
    grammar: Grammar
    system_prompts: dict[str, str]
    questions: dict[str, tuple[str, ...]]
    prefixes: dict[str, tuple[str, ...]]
    banned: tuple[int, ...]


@cache
def published(file: str | Path) -> Published:
    """Read what was taken from the authors' repository.

    Raises:
        UserError: the file is missing or damaged.
    """
    return read_record(file, Published, "the authors' wording")


@cache
def paper(file: str | Path) -> Wording:
    """The authors' wording. Facts, refusals and the lessons of fine-tuned teachers, which they lack or keep apart, are ours."""
    found = published(file)
    told = PROSE.system_prompts | found.system_prompts
    return replace(
        PROSE, name="paper", grammar=found.grammar, system_prompts=told, asked=found.questions, prefixes=found.prefixes
    )


def named(name: str, file: str | Path | None = None) -> Wording:
    """A wording by its name; that of the paper is in ``file``."""
    return paper(file) if name == "paper" and file else WORDINGS[name]


def of(base: str | Path) -> Wording:
    """The wording in which a base is spoken to: a pinned base says so, a tiny one reads the mini-language."""
    found = pinned.read(base)
    return named(found.wording, Path(base) / FILE) if found else MINI
