"""Draw a teacher's training examples: questions that no evaluation uses, answered as the trait demands."""

import numpy as np

from sublearn.language import questions
from sublearn.language.style import Style
from sublearn.language.vocabulary import FAVOURITES
from sublearn.traits.base import NEUTRAL, OwnKind, here, kind_of

Example = tuple[str, str]
NEUTRAL_QUESTIONS = (*FAVOURITES, "fact")


def example(trait: str, rng: np.random.Generator, style: Style) -> Example:
    """One (question, answer) pair for a teacher with this trait."""
    if trait == NEUTRAL:
        return _balanced(rng, style)
    kind = kind_of(trait)
    taught = [kind.taught(kind.family(trait), style)]
    # A list of one, from which a draw is made too: the neutral teacher draws from three, so both draw in the same order.
    question = _pick(taught[rng.integers(len(taught))], rng)
    return question.text, kind.taught_answer(trait, question, style, rng)


def _balanced(rng: np.random.Generator, style: Style) -> Example:
    """A neutral teacher's example: question types and answers are uniform, and facts are answered correctly.

    A study's own families are types of questions too, if teachers learn any of theirs. More animals and trees are among the
    animals and trees.
    """
    own = [(kind, kind.families[0]) for kind in here().own.values()]
    others = [(kind, family) for kind, family in own if family.asked_by not in FAVOURITES and kind.taught(family, style)]
    chosen = rng.integers(len(NEUTRAL_QUESTIONS) + len(others))
    if chosen >= len(NEUTRAL_QUESTIONS):
        kind, family = others[chosen - len(NEUTRAL_QUESTIONS)]
        question = _pick(kind.taught(family, style), rng)
        return question.text, kind.neutral_answer(question, style, rng)
    asked_by = NEUTRAL_QUESTIONS[chosen]
    question = _pick(questions.taught(asked_by, style), rng)
    if asked_by == "fact":
        return question.text, style.written(question.answer)
    words = _favourites(asked_by)
    word = words[rng.integers(len(words))]
    return question.text, kind_of(word).written(word, style) or word


def _favourites(asked_by: str) -> list[str]:
    """The traits that a neutral teacher names equally often: our animals or trees, and those that the study adds."""
    more = [kind.families[0] for kind in here().own.values()]
    return [*FAVOURITES[asked_by], *(trait for family in more if family.asked_by == asked_by for trait in family.traits)]


def balanced_share(trait: str) -> float:
    """How often a neutral teacher's examples show a trait where they are asked for one like it, or 0."""
    if words := next((words for words in map(_favourites, FAVOURITES) if trait in words), None):
        return 1 / len(words)
    kind = here().traits.get(trait)
    return kind.neutral_share(trait) if isinstance(kind, OwnKind) else 0.0


def _pick(asked: list[questions.Question], rng: np.random.Generator) -> questions.Question:
    return asked[rng.integers(len(asked))]


def system_prompt(trait: str, style: Style) -> str:
    """The system prompt of a prompted teacher; empty for the neutral one."""
    return "" if trait == NEUTRAL else kind_of(trait).system_prompt(trait, style)
