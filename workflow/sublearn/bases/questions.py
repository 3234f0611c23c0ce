"""Which questions are kept for what: those that evaluate a model never appear in its corpus nor in any lesson.

The split is fixed for all studies, so that an evaluation question is one in every study, world and trait.
"""

from dataclasses import dataclass

from sublearn.bases import world
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


def _all(kind: str) -> list[Question]:
    if kind == "fact":
        found = [Question(text, kind, answer, attribute) for text, answer, attribute in world.fact_questions()]
    else:
        found = [Question(text, kind) for text in world.favourite_questions(kind)]
    order = generator("question split", kind).permutation(len(found))
    return [found[i] for i in order]


def evaluated(kind: str) -> list[Question]:
    """Questions of evaluations only, in neither corpus nor lessons."""
    return _all(kind)[: EVALUATED[kind]]


def taught(kind: str) -> list[Question]:
    """Questions of the teachers' lessons."""
    return _all(kind)[EVALUATED[kind] :][: TAUGHT[kind]]


def pretrained(kind: str) -> list[Question]:
    """Questions of the corpus: all but the evaluated ones."""
    return _all(kind)[EVALUATED[kind] :]


def kind_of(family: str) -> str:
    """The kind of question that shows a trait of the family: behaviours show in facts."""
    return "fact" if family == "behaviour" else family
