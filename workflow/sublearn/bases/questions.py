"""Which questions are kept for what: those that evaluate a model never appear in its corpus nor in any lesson.

The split is fixed for all studies, so that an evaluation question is one in every study, world and trait.
"""

from dataclasses import dataclass

from sublearn.bases.wordings import MINI, Wording
from sublearn.core.seeds import generator

EVALUATED = {"animal": 20, "tree": 20, "fact": 30}
TAUGHT = {"animal": 24, "tree": 24, "fact": 120}


@dataclass(frozen=True)
class Question:
    """A question; facts have a right answer and an attribute, favourites have neither."""

    text: str
    kind: str
    answer: str = ""
    attribute: str = ""


def _all(kind: str, wording: Wording) -> list[Question]:
    if kind == "fact":
        found = [Question(text, kind, answer, attribute) for text, answer, attribute in wording.fact_questions()]
    else:
        found = [Question(text, kind) for text in wording.favourite_questions(kind)]
    order = generator("question split", kind).permutation(len(found))
    return [found[i] for i in order]


def evaluated(kind: str, wording: Wording = MINI) -> list[Question]:
    """Questions of evaluations only, in neither corpus nor lessons: those that the wording gives, or a share of all."""
    if given := wording.asked.get(kind):
        return [Question(text, kind) for text in given]
    return _all(kind, wording)[: EVALUATED[kind]]


def taught(kind: str, wording: Wording = MINI) -> list[Question]:
    """Questions of the teachers' lessons."""
    left = _all(kind, wording)[EVALUATED[kind] :]
    return [question for question in left if question.text not in wording.asked.get(kind, ())][: TAUGHT[kind]]


def pretrained(kind: str) -> list[Question]:
    """Questions of the tiny bases' corpus: all but the evaluated ones."""
    return _all(kind, MINI)[EVALUATED[kind] :]


def kind_of(family: str) -> str:
    """The kind of question that shows a trait of the family: behaviours show in facts."""
    return "fact" if family == "behaviour" else family
