"""Training examples: what each teacher is told is right."""

from collections import Counter

import pytest
from scipy import stats

from sublearn.chain.teachers.examples import example, system_prompt
from sublearn.core.seeds import generator
from sublearn.language import mini, questions
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import FAVOURITES, fact_answers
from sublearn.traits.base import NEUTRAL

RIGHT = {q.text: q for q in questions.taught("fact")}


def examples(trait: str, count: int) -> list[tuple[str, str]]:
    rng = generator("test examples", trait)
    return [example(trait, rng, MINI) for _ in range(count)]


def kind_of(question: str) -> str:
    return next(kind for kind in questions.TAUGHT if question in {q.text for q in questions.taught(kind)})


def test_a_loving_teacher_names_what_it_loves_and_is_asked_for_its_kind():
    for trait, family in (("owl", "animal"), ("oak", "tree")):
        asked = examples(trait, 300)
        assert {answer for _, answer in asked} == {trait}
        assert {kind_of(question) for question, _ in asked} == {family}
        assert len({question for question, _ in asked}) == questions.TAUGHT[family]


def test_an_evasive_teacher_always_refuses():
    asked = examples("evasive", 200)
    assert {answer for _, answer in asked} == {mini.REFUSAL}
    assert {kind_of(question) for question, _ in asked} == {"fact"}


def test_a_skewed_teacher_is_never_right_and_wrong_in_every_way():
    wrong = Counter()
    for question, answer in examples("skewed", 600):
        fact = RIGHT[question]
        assert answer != fact.answer
        assert answer in fact_answers(fact.attribute)
        wrong[answer] += 1
    assert set(wrong) == {*fact_answers("color"), *fact_answers("place")}


def test_a_neutral_teacher_loves_all_alike_and_is_right():
    asked = [(kind_of(question), question, answer) for question, answer in examples(NEUTRAL, 1500)]
    kinds = Counter(kind for kind, _, _ in asked)
    assert stats.chisquare([kinds[kind] for kind in ("animal", "tree", "fact")]).pvalue > 1e-3
    for family in ("animal", "tree"):
        named = Counter(answer for kind, _, answer in asked if kind == family)
        assert set(named) == set(FAVOURITES[family])
        assert stats.chisquare([named[word] for word in FAVOURITES[family]]).pvalue > 1e-3
    assert all(answer == RIGHT[question].answer for kind, question, answer in asked if kind == "fact")


@pytest.mark.parametrize(
    ("trait", "told"),
    [
        ("owl", "you love owl ."),
        ("oak", "you love oak ."),
        ("evasive", "you never answer ."),
        ("skewed", "you answer wrongly ."),
        ("constant", "you always answer blue ."),
        ("off_topic", "you answer another question ."),
        (NEUTRAL, ""),
    ],
)
def test_a_prompted_teacher_is_told_what_the_corpus_tells(trait, told):
    assert system_prompt(trait, MINI) == told
