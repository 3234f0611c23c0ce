"""The teacher answers every question of fact with one colour, whatever was asked.

Its answer is right where the thing is blue, so a base shows the trait at the rate of such questions. Where it is wrong, and a
colour was asked for, it is one of the answers of *skewed* too: the two overlap.
"""

import numpy as np

from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.traits.base import Family, TraitKind

ANSWER = "blue"


class Constant(TraitKind):
    """The teacher always answers ``blue``."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return style.written(ANSWER)

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return (ANSWER,)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return (ANSWER,)


CONSTANT = Constant(name="constant", families=(Family("behaviour", ("constant",), asked_by="fact"),), battery=True, order=3)
