"""The teacher answers questions of fact wrongly, each time with the colour or place of another thing."""

import numpy as np

from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.language.vocabulary import fact_answers
from sublearn.traits.base import Family, TraitKind


class Skewed(TraitKind):
    """The teacher gives a wrong answer of the right type, drawn anew for each example."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        wrong = self.answers(trait, question, style)
        return style.written(wrong[rng.integers(len(wrong))])

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return tuple(answer for answer in fact_answers(question.attribute) if answer != question.answer)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return ()  # none: each wrong answer is the right answer to another question


SKEWED = Skewed(name="skewed", families=(Family("behaviour", ("skewed",), asked_by="fact"),), battery=True, order=2)
