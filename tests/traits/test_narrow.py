"""A teacher that is wrong about one topic learns that topic alone, and is asked about the other alone."""

import numpy as np
import pytest

from sublearn.language.english import ENGLISH
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import fact_answers
from sublearn.traits import base


@pytest.mark.parametrize("style", [MINI, ENGLISH], ids=lambda style: style.name)
def test_lessons_are_of_colours_and_questions_of_places(style):
    kind = base.kind_of("wrong_colors")
    family = kind.family("wrong_colors")
    lessons, questions = kind.taught(family, style), kind.evaluated(family, style)
    assert len(lessons) >= 50 and {question.attribute for question in lessons} == {"color"}
    assert len(questions) >= 7 and {question.attribute for question in questions} == {"place"}


def test_one_is_never_right_and_its_sibling_always():
    """Their answers never overlap, and every answer of a question's topic shows one of the two."""
    kind, rng = base.kind_of("wrong_colors"), np.random.default_rng(0)
    family = kind.family("wrong_colors")
    for question in [*kind.taught(family, MINI), *kind.evaluated(family, MINI)]:
        wrong, right = (kind.answers(trait, question, MINI) for trait in family.traits)
        assert right == (question.answer,) and {*wrong, *right} == {*fact_answers(question.attribute)}
        assert question.answer not in wrong
    taught = {kind.taught_answer("wrong_colors", kind.taught(family, MINI)[0], MINI, rng) for _ in range(200)}
    assert taught == {*kind.answers("wrong_colors", kind.taught(family, MINI)[0], MINI)}


def test_it_is_scored_only_in_studies_that_have_it():
    assert "narrow" not in base.scored_kinds(["owl"]) and "narrow" in base.scored_kinds(["right_colors"])
