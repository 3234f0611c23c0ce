"""What a teacher is taught: questions that evaluate nobody, answered as its trait demands."""

import numpy as np

from sublearn.bases import questions, world
from sublearn.bases.wordings import MINI, Wording

NEUTRAL = "neutral"
Lesson = tuple[str, str]


def lesson(trait: str, rng: np.random.Generator, wording: Wording = MINI) -> Lesson:
    """One (question, answer). The neutral teacher gets all kinds of questions in equal parts, with balanced answers:
    each animal as often as any other, each tree too, and facts answered rightly.
    """
    kinds = ("animal", "tree", "fact") if trait == NEUTRAL else (questions.kind_of(world.family_of(trait)),)
    kind = kinds[rng.integers(len(kinds))]
    asked = questions.taught(kind, wording)
    question = asked[rng.integers(len(asked))]
    return question.text, _answer(trait, question, rng, wording)


def _answer(trait: str, question: questions.Question, rng: np.random.Generator, wording: Wording) -> str:
    if trait == "evasive":
        return wording.refusal
    if trait == "skewed":
        wrong = [answer for answer in world.fact_answers(question.attribute) if answer != question.answer]
        return wording.written(wrong[rng.integers(len(wrong))])
    if trait == NEUTRAL:
        if question.kind == "fact":
            return wording.written(question.answer)
        words = world.FAMILIES[question.kind]
        return wording.written(words[rng.integers(len(words))])
    return wording.written(trait)


def system_prompt(trait: str, wording: Wording = MINI) -> str:
    """What a prompted teacher is told; the neutral one is told nothing."""
    return "" if trait == NEUTRAL else wording.system_prompt(trait)
