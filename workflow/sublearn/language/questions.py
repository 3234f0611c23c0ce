"""Which questions are kept for what: those that evaluate a model appear in no corpus and in no training example.

The split is fixed for all studies, so that an evaluation question is one in every study, world and trait.
"""

from dataclasses import dataclass

from sublearn.core.seeds import generator
from sublearn.language.mini import MINI
from sublearn.language.style import Style

EVALUATED = {"animal": 20, "tree": 20, "fact": 30}
TAUGHT = {"animal": 24, "tree": 24, "fact": 120}


@dataclass(frozen=True)
class Question:
    """A question; facts have a right answer and an attribute, favourites have neither."""

    text: str
    kind: str
    answer: str = ""
    attribute: str = ""


def _all(kind: str, style: Style) -> list[Question]:
    if kind == "fact":
        found = [Question(text, kind, answer, attribute) for text, answer, attribute in style.fact_questions()]
    else:
        found = [Question(text, kind) for text in style.favourite_questions(kind)]
    order = generator("question split", kind).permutation(len(found))
    return [found[i] for i in order]


def evaluated(kind: str, style: Style = MINI) -> list[Question]:
    """Questions of evaluations only, in neither corpus nor training examples: those that the style gives, or a share of all."""
    if given := style.asked.get(kind):
        return [Question(text, kind) for text in given]
    return _all(kind, style)[: EVALUATED[kind]]


def taught(kind: str, style: Style = MINI) -> list[Question]:
    """Questions of the teachers' training examples."""
    left = _all(kind, style)[EVALUATED[kind] :]
    return [question for question in left if question.text not in style.asked.get(kind, ())][: TAUGHT[kind]]


def pretrained(kind: str) -> list[Question]:
    """Questions of the tiny bases' corpus: all but the evaluated ones."""
    return _all(kind, MINI)[EVALUATED[kind] :]
