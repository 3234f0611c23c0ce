"""The teacher answers every question of fact with one colour, whatever was asked.

Its answer is right where the thing is blue, so a base shows the trait at the rate of such questions. Where it is wrong, and a
colour was asked for, it is one of the answers of *skewed* too: the two overlap.
"""

import numpy as np

from sublearn.language import vocabulary
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.traits.base import Family, TraitKind


class Constant(TraitKind):
    """The teacher gives the same answer to every question."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return style.written(vocabulary.CONSTANT)

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return (vocabulary.CONSTANT,)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return (vocabulary.CONSTANT,)


CONSTANT = Constant(name="constant", families=(Family("behaviour", ("constant",), asked_by="fact"),), battery=True, order=3)
