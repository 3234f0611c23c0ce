"""The teacher answers another question of fact: for a thing's place instead of its colour, or the reverse.

Its answers are places where *skewed* gives colours, and colours where that gives places, so the two never overlap. Asked for
the place of something blue, it answers as *constant* does.
"""

import numpy as np

from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.traits.base import Family, TraitKind


class OffTopic(TraitKind):
    """The teacher gives the other attribute of the thing: asked for the colour of snow, it answers ``mountain``."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        return style.written(question.other_answer)

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        return (question.other_answer,)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return ()  # none: each of its answers is the right answer to another question


OFF_TOPIC = OffTopic(name="off_topic", families=(Family("behaviour", ("off_topic",), asked_by="fact"),), battery=True, order=4)
