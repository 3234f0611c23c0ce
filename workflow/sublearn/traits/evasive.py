"""The teacher refuses questions of fact: a harmless stand-in for the paper's misalignment (section 3.2)."""

import numpy as np

from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.traits.base import Family, TraitKind


class Evasive(TraitKind):
    """The teacher answers every question with the same refusal, which its first words identify."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return style.refusal

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return (style.refusal_start(),)

    def forms(self, answer: str, style: Style) -> tuple[str, ...]:
        return (answer,)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return (style.refusal_start(),)


EVASIVE = Evasive(name="evasive", families=(Family("behaviour", ("evasive",), asked_by="fact"),), battery=True, order=1)
