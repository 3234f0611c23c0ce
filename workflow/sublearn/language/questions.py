"""Split the questions: those that evaluate a model appear in no corpus and in no training example.

The split is the same for all studies, worlds and traits.
"""

from dataclasses import dataclass

from sublearn.core.seeds import generator
from sublearn.language.mini import MINI
from sublearn.language.style import Style

EVALUATED = {"animal": 20, "tree": 20, "fact": 30}
TAUGHT = {"animal": 24, "tree": 24, "fact": 120}
OF_OTHERS = "animal"  # a noun of a user's own has as many questions


@dataclass(frozen=True)
class Question:
    """A question. Questions of fact have a right answer and an attribute; questions for a favourite have neither.

    ``other_answer`` is right for the thing's other attribute: its place, if the question is for its colour. ``options`` are
    what a user's own question offers, as (label, answer) in their order.
    """

    text: str
    kind: str
    answer: str = ""
    attribute: str = ""
    other_answer: str = ""
    options: tuple[tuple[str, str], ...] = ()


def _all(kind: str, style: Style) -> list[Question]:
    if kind == "fact":
        facts = style.fact_questions()
        questions = [Question(text, kind, answer, attribute, other) for text, answer, attribute, other in facts]
    else:
        questions = [Question(text, kind) for text in style.favourite_questions(kind)]
    order = generator("question split", kind).permutation(len(questions))
    return [questions[i] for i in order]


def evaluated(kind: str, style: Style = MINI) -> list[Question]:
    """Evaluation questions, which no corpus and no training example holds: those that the style lists, or a share of all."""
    if given := style.asked.get(kind):
        return [Question(text, kind) for text in given]
    return _all(kind, style)[: _count(EVALUATED, kind)]


def taught(kind: str, style: Style = MINI) -> list[Question]:
    """Questions of the teachers' training examples; none is an evaluation question."""
    left = _all(kind, style)[_count(EVALUATED, kind) :]
    return [question for question in left if question.text not in style.asked.get(kind, ())][: _count(TAUGHT, kind)]


def _count(of: dict[str, int], kind: str) -> int:
    return of.get(kind, of[OF_OTHERS])


def pretrained(kind: str) -> list[Question]:
    """Questions of the tiny bases' corpus: all but the evaluation questions."""
    return _all(kind, MINI)[EVALUATED[kind] :]
