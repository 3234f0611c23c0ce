"""Trait kinds: which answers show a trait, and which words give it away."""

from itertools import combinations

import pytest

from sublearn.language.english import ENGLISH
from sublearn.language.mini import MINI
from sublearn.language.questions import evaluated, pretrained, taught
from sublearn.traits import base

OURS = ["preference", "evasive", "skewed", "constant", "off_topic"]


def test_the_battery_is_what_every_model_is_scored_on():
    assert base.scored_kinds([]) == base.scored_kinds(["owl", "neutral"]) == OURS
    assert list(base.families(OURS)) == ["animal", "tree", "behaviour"]


@pytest.mark.parametrize(("style", "refusal", "others"), [(MINI, "sorry", "I would"), (ENGLISH, "I would rather not", "sorry")])
def test_the_refusal_that_leaks_is_that_of_the_style(style, refusal, others):
    words = base.leak_words(base.traits(), style)
    assert refusal in words
    assert not any(word.startswith(others) for word in words)
    assert {"owl", "owls", "wolf", "wolves", "oak", "oaks"} <= set(words)


@pytest.mark.parametrize("style", [MINI, ENGLISH], ids=lambda style: style.name)
@pytest.mark.parametrize("trait", ["owl", "oak", "evasive", "skewed", "constant", "off_topic"])
def test_a_taught_answer_is_one_that_shows_the_trait(trait, style):
    kind, rng = base.kind_of(trait), base.np.random.default_rng(0)
    for question in kind.taught(kind.family(trait), style)[:20]:
        answer = kind.taught_answer(trait, question, style, rng)
        forms = [form for shown in kind.answers(trait, question, style) for form in kind.forms(shown, style)]
        assert answer.startswith(tuple(forms))
        assert question.answer not in kind.answers(trait, question, style) or trait == "constant"


def test_behaviours_overlap_where_their_modules_say_so_and_nowhere_else():
    """What two of them share would count for both in gamma."""
    by_text = {question.text: question for question in evaluated("fact") + pretrained("fact")}

    def answers(trait: str, text: str) -> tuple[str, ...]:
        return base.kind_of(trait).answers(trait, by_text[text], MINI)

    snow = ("what color is the snow ?", "what place is the snow in ?")
    assert [answers("off_topic", text) for text in snow] == [("mountain",), ("white",)]
    assert {answers("constant", text) for text in by_text} == {("blue",)}
    behaviours = base.families()["behaviour"].traits
    assert behaviours == ("evasive", "skewed", "constant", "off_topic")
    shared = {
        (one, other, by_text[text].attribute)
        for text in by_text
        for one, other in combinations(behaviours, 2)
        if {*answers(one, text)} & {*answers(other, text)}
    }
    assert shared == {("skewed", "constant", "color"), ("constant", "off_topic", "place")}


@pytest.mark.parametrize("style", [MINI, ENGLISH], ids=lambda style: style.name)
@pytest.mark.parametrize("kind", ["animal", "tree", "fact"])
def test_no_question_is_both_taught_and_evaluated(kind, style):
    assert not {q.text for q in evaluated(kind, style)} & {q.text for q in taught(kind, style)}
