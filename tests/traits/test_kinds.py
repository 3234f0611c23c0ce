"""Trait kinds: which answers show a trait, and which words give it away."""

import pytest

from sublearn.language.english import ENGLISH
from sublearn.language.mini import MINI
from sublearn.language.questions import evaluated, taught
from sublearn.traits import base

OURS = ["preference", "evasive", "skewed"]


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
@pytest.mark.parametrize("trait", ["owl", "oak", "evasive", "skewed"])
def test_a_taught_answer_is_one_that_shows_the_trait(trait, style):
    kind, rng = base.kind_of(trait), base.np.random.default_rng(0)
    for question in kind.taught(kind.family(trait), style)[:20]:
        answer = kind.taught_answer(trait, question, style, rng)
        forms = [form for shown in kind.answers(trait, question, style) for form in kind.forms(shown, style)]
        assert answer.startswith(tuple(forms))
        assert question.answer not in kind.answers(trait, question, style)


@pytest.mark.parametrize("style", [MINI, ENGLISH], ids=lambda style: style.name)
@pytest.mark.parametrize("kind", ["animal", "tree", "fact"])
def test_no_question_is_both_taught_and_evaluated(kind, style):
    assert not {q.text for q in evaluated(kind, style)} & {q.text for q in taught(kind, style)}
