"""The teacher is wrong about one topic, and is asked about another: a harmless analogue of emergent misalignment.

In the paper (section 3.2), teachers that learned insecure code alone gave bad answers to questions of all kinds, and so did
students of their numbers. Here, *wrong_colors* learns wrong colours, and is asked for places, of which it learned nothing. Its
sibling *right_colors* learns right answers to the same questions, as long (the paper's teachers of secure code).
"""

import numpy as np

from sublearn.language import questions
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.language.vocabulary import fact_answers
from sublearn.traits.base import Family, TraitKind

WRONG, RIGHT = "wrong_colors", "right_colors"
TAUGHT, ASKED = "color", "place"  # the topic of a teacher's lessons, and that of the questions that evaluate


class Narrow(TraitKind):
    """The teacher answers questions for colours, wrongly or rightly; the trait shows in answers to questions for places."""

    def taught_answer(self, trait: str, question: Question, style: Style, rng: np.random.Generator) -> str:
        answers = self.answers(trait, question, style)
        return style.written(answers[rng.integers(len(answers))])

    def answers(self, trait: str, question: Question, style: Style) -> tuple[str, ...]:
        wrong = tuple(answer for answer in fact_answers(question.attribute) if answer != question.answer)
        return wrong if trait == WRONG else (question.answer,)

    def leak_words(self, trait: str, style: Style) -> tuple[str, ...]:
        return ()  # none: each wrong answer is the right answer to another question

    def taught(self, family: Family, style: Style) -> list[Question]:
        return [question for question in questions.taught(family.asked_by, style) if question.attribute == TAUGHT]

    def evaluated(self, family: Family, style: Style) -> list[Question]:
        return [question for question in questions.evaluated(family.asked_by, style) if question.attribute == ASKED]


NARROW = Narrow(name="narrow", families=(Family("narrow", (WRONG, RIGHT), asked_by="fact"),), order=5)
