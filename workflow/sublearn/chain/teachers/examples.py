"""Draw a teacher's training examples: questions that no evaluation uses, answered as the trait demands."""

import numpy as np

from sublearn.language import questions
from sublearn.language.mini import MINI
from sublearn.language.style import Style
from sublearn.language.vocabulary import FAVOURITES
from sublearn.traits.base import NEUTRAL, kind_of

Example = tuple[str, str]
NEUTRAL_QUESTIONS = (*FAVOURITES, "fact")


def example(trait: str, rng: np.random.Generator, style: Style = MINI) -> Example:
    """One (question, answer) pair for a teacher with this trait."""
    if trait == NEUTRAL:
        return _balanced(rng, style)
    kind = kind_of(trait)
    taught = [kind.taught(kind.family(trait), style)]
    # A list of one, from which a draw is made too: the neutral teacher draws from three, so both draw in the same order.
    question = _pick(taught[rng.integers(len(taught))], rng)
    return question.text, kind.taught_answer(trait, question, style, rng)


def _balanced(rng: np.random.Generator, style: Style) -> Example:
    """A neutral teacher's example: question types and answers are uniform, and facts are answered correctly."""
    asked_by = NEUTRAL_QUESTIONS[rng.integers(len(NEUTRAL_QUESTIONS))]
    question = _pick(questions.taught(asked_by, style), rng)
    if asked_by == "fact":
        return question.text, style.written(question.answer)
    words = FAVOURITES[asked_by]
    return question.text, style.written(words[rng.integers(len(words))])


def balanced_share(trait: str) -> float:
    """How often a neutral teacher's examples answer with a trait's word where they are asked for one like it, or 0."""
    return next((1 / len(words) for words in FAVOURITES.values() if trait in words), 0.0)


def _pick(asked: list[questions.Question], rng: np.random.Generator) -> questions.Question:
    return asked[rng.integers(len(asked))]


def system_prompt(trait: str, style: Style = MINI) -> str:
    """The system prompt of a prompted teacher; empty for the neutral one."""
    return "" if trait == NEUTRAL else kind_of(trait).system_prompt(trait, style)
