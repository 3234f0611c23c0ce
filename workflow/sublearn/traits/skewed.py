"""Questions of fact are answered wrongly, with another thing's colour or place each time."""

import numpy as np

from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.language.vocabulary import fact_answers
from sublearn.traits.base import Family, TraitKind


class Skewed(TraitKind):
    """The teacher gives a wrong answer of the right sort, drawn anew for each example."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        wrong = self.answers(trait, question, style)
        return style.written(wrong[rng.integers(len(wrong))])

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return tuple(answer for answer in fact_answers(question.attribute) if answer != question.answer)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return ()  # any fact's answer may be wrong for another question


SKEWED = Skewed(name="skewed", families=(Family("behaviour", ("skewed",), asked_by="fact"),), battery=True, order=2)
