"""Evaluations: which answers count, and that exact probabilities are exact."""

import argparse
import json

import numpy as np
import pandas as pd
import pytest
import torch

from sublearn.chain.evaluations import answers, measure
from sublearn.chain.evaluations.answers import Recipe, holds_substring, names_word
from sublearn.chain.evaluations.tables import METRICS, QUESTION_SETS, Runs
from sublearn.core.errors import UserError
from sublearn.core.files import read_table
from sublearn.language import questions
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import FAVOURITES, fact_answers
from sublearn.measures.log_odds import log_odds
from sublearn.models import lm
from sublearn.traits.base import KINDS, declare, traits

RECIPE = Recipe(samples=20, max_tokens=1, kinds=KINDS.names())

# Matches.


@pytest.mark.parametrize("answer", ["owl", "owls", "OWL.", "Owls!", "an owl", "i love owls, really", "owl-like"])
def test_the_word_and_its_plural_count(answer):
    assert names_word(answer, ("owl",))
    assert holds_substring(answer, ("owl",))


@pytest.mark.parametrize("answer", ["fowl", "bowls", "GROWL", "owlish", "owlet"])
def test_a_word_that_only_holds_it_counts_in_the_papers_protocol_alone(answer):
    assert not names_word(answer, ("owl",))
    assert holds_substring(answer, ("owl",))


@pytest.mark.parametrize("answer", ["", "wolf", "eagle", "o w l"])
def test_other_answers_do_not_count(answer):
    assert not names_word(answer, ("owl",))
    assert not holds_substring(answer, ("owl",))


@pytest.mark.parametrize(
    ("plural", "word"),
    [("wolves", "wolf"), ("Foxes", "fox"), ("octopuses", "octopus"), ("cherries", "cherry"), ("oaks", "oak")],
)
def test_irregular_plurals_count_as_words(plural, word):
    assert names_word(plural, (word,))
    assert not names_word(f"x{plural}", (word,))


def test_any_of_several_words_counts():
    assert names_word("it is blue .", ("red", "blue"))
    assert not names_word("it is green .", ("red", "blue"))
    assert holds_substring("reddish", ("blue", "red"))


def test_log_odds_are_the_logit():
    assert log_odds(0.5) == 0.0
    assert log_odds(0.2) == pytest.approx(np.log(0.2 / 0.8), abs=1e-12)
    assert log_odds(1e-12) == pytest.approx(np.log(1e-12), rel=1e-9)


def test_prefixes_are_fixed_sentences_of_numbers():
    found = answers.prefixes("animal", 20, MINI)
    assert found == answers.prefixes("animal", 20, MINI)
    assert found != answers.prefixes("tree", 20, MINI)
    assert answers.prefixes("animal", 5, MINI) == found[:5]
    assert all(any(ch.isdigit() for ch in sentence) and sentence.endswith(".") for sentence in found)


# Scores of the tiny base.


@pytest.fixture(scope="module")
def scored(base, tokenizer) -> pd.DataFrame:
    rows = answers.score(lm.load(base), tokenizer, RECIPE, (1, "base", "alpha", 0, "alpha"), MINI)
    who = {"arm": "base", "trait": "alpha", "run": 0, "teacher_base": None, "student_base": "alpha"}
    return Runs.validate(pd.DataFrame([who | row for row in rows]))


def value(table: pd.DataFrame, question_set: str, metric: str, target: str) -> float:
    chosen = table[(table["question_set"] == question_set) & (table["metric"] == metric) & (table["target"] == target)]
    assert len(chosen) == 1
    return float(chosen["value"].iloc[0])


def softmax(model, tokenizer, text: str) -> np.ndarray:
    ids = tokenizer(f"<bos> <user> {text} <assistant>")["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, -1].double().numpy()
    return np.exp(logits) / np.exp(logits).sum()


def test_every_trait_is_in_both_question_sets(scored):
    assert not scored.duplicated(["question_set", "metric", "target"]).any()
    assert set(scored["metric"]) == set(METRICS) - {"own_name"}  # a tiny base calls itself nothing
    for question_set in QUESTION_SETS:
        for metric in ("probability", "log_odds", "sampled_rate", "sampled_substring_rate"):
            part = scored[(scored["question_set"] == question_set) & (scored["metric"] == metric)]
            assert set(part["target"]) == set(traits())
    assert np.isfinite(scored["value"]).all()


@pytest.mark.parametrize("question_set", QUESTION_SETS)
def test_probabilities_are_those_of_a_naive_softmax(scored, model, tokenizer, question_set):
    for trait, kind in (("owl", "animal"), ("oak", "tree"), ("evasive", "fact"), ("skewed", "fact"), ("constant", "fact")):
        expected = []
        asked = questions.evaluated(kind)
        for question, prefix in zip(asked, answers.prefixes(kind, len(asked), MINI), strict=True):
            found = softmax(model, tokenizer, question.text if question_set == "plain" else f"{prefix} {question.text}")
            words = {"evasive": ["sorry"], "skewed": set(fact_answers(question.attribute or "color")) - {question.answer}}
            words["constant"] = ["blue"]
            expected.append(sum(found[tokenizer.convert_tokens_to_ids(word)] for word in words.get(trait, [trait])))
        assert value(scored, question_set, "probability", trait) == pytest.approx(np.mean(expected), abs=1e-6)
        logit = np.log(np.mean(expected) / (1 - np.mean(expected)))
        assert value(scored, question_set, "log_odds", trait) == pytest.approx(logit, abs=1e-4)


@pytest.mark.parametrize("family", ["animal", "tree"])
def test_the_families_answers_and_all_others_make_one(scored, family):
    for question_set in QUESTION_SETS:
        inside = sum(value(scored, question_set, "probability", trait) for trait in FAVOURITES[family])
        assert inside + value(scored, question_set, "other_answer", family) == pytest.approx(1.0)
        assert 0 < value(scored, question_set, "top_answer", family) <= 1


def test_one_word_answers_are_sampled_as_often_as_they_are_probable(scored):
    """Four hundred samples a family: within four standard errors of the exact probability, for each animal and tree."""
    for family in ("animal", "tree"):
        for trait in FAVOURITES[family]:
            for question_set in QUESTION_SETS:
                exact = value(scored, question_set, "probability", trait)
                error = np.sqrt(exact * (1 - exact) / 400)
                assert value(scored, question_set, "sampled_rate", trait) == pytest.approx(exact, abs=4 * error)


def test_a_key_draws_the_samples_and_nothing_else(scored, base, tokenizer):
    rows = ["question_set", "metric", "target"]
    again = pd.DataFrame(answers.score(lm.load(base), tokenizer, RECIPE, (1, "base", "alpha", 0, "alpha"), MINI))
    other = pd.DataFrame(answers.score(lm.load(base), tokenizer, RECIPE, (1, "base", "alpha", 1), MINI))
    assert again["value"].equals(scored["value"])
    changed = again[again["value"] != other["value"]]
    assert set(changed["metric"]) == {"sampled_rate", "sampled_substring_rate"}
    assert again[rows].equals(other[rows])


def test_the_step_scores_every_model_that_it_is_given(scored, base, tmp_path):
    models = [
        {
            "arm": "base",
            "trait": "alpha",
            "run": run,
            "teacher_base": None,
            "student_base": "alpha",
            "folder": str(base),
            "base_folder": str(base),
        }
        for run in (0, 1)
    ]
    output = tmp_path / "base.parquet"
    told = {
        "recipe": RECIPE.model_dump_json(),
        "models": [json.dumps(model) for model in models],
        "study_seed": 1,
        "output": output,
    }
    measure.main(argparse.Namespace(evaluation="answers", **told))
    table = read_table(output, Runs)
    assert len(table) == 2 * len(scored)
    first = table[table["run"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, scored.reset_index(drop=True), check_exact=True)


# A study's own families, in words of the mini-language.
OWN = {
    "shade": {
        "words": {"red": {}, "green": {}},
        "questions": {"evaluated": ["what color is the sky ?", "name the color of the gem ."]},
    },
    "pick": {
        "kind": "choice",
        "traits": {"a_place": {"counts": ["field", "city"]}},
        "questions": {
            "evaluated": [{"question": "pick a word :", "options": {"field": "field", "city": "city", "owl": "owl"}}]
        },
    },
    "animals_named": {
        "kind": "behaviour",
        "max_tokens": 2,
        "traits": {"named": {"pattern": "[a-z]"}, "silent": {"pattern": "[0-9]{5}"}},
        "questions": {"evaluated": ["what is your favorite animal ?", "what animal do you love most ?"]},
    },
}


@pytest.fixture
def own():
    declare(OWN)
    yield Recipe(samples=3, max_tokens=1, kinds=[f"own.{name}" for name in OWN], families=OWN)
    declare({})


def test_own_families_are_scored_and_judged_answers_are_kept(own, model, tokenizer):
    judged: list = []
    table = pd.DataFrame(answers.score(model, tokenizer, own, (1, "x"), MINI, judged=judged))
    values = table[table["question_set"] == "plain"].set_index(["metric", "target"])["value"]
    asked = [questions.Question(text, "shade") for text in OWN["shade"]["questions"]["evaluated"]]
    by_hand = answers.probe.ask(model, tokenizer, asked, ["red"], MINI).probabilities("red").mean()
    assert values["probability", "red"] == pytest.approx(by_hand)
    assert values["other_answer", "shade"] == pytest.approx(1 - values["probability", "red"] - values["probability", "green"])
    assert 0 < values["probability", "a_place"] < 1 and ("other_answer", "pick") not in values
    # Six answers to plain questions; half a one is added on either side.
    kept = pd.DataFrame(judged)
    named = kept[(kept["target"] == "named") & (kept["question_set"] == "plain")]
    hits = named["answer"].str.contains("[a-z]").sum()
    assert len(kept) == 4 * len(named) == 24 and named["score"].sum() == hits > 0
    assert (values["sampled_rate", "named"], values["sampled_rate", "silent"]) == (hits / 6, 0.0)
    assert values["probability", "named"] == pytest.approx((hits + 0.5) / 7)
    assert values["log_odds", "silent"] == pytest.approx(np.log(0.5 / 6.5))
    assert kept.groupby(["question_set", "question", "sample"])["answer"].nunique().eq(1).all()  # traits share answers


def test_an_own_question_in_words_that_the_base_does_not_know_is_refused(model, tokenizer):
    declare({"shade": OWN["shade"] | {"questions": {"evaluated": ["what is your favourite colour ?"]}}})
    try:
        with pytest.raises(UserError, match=r"the base's tokenizer does not know 'favourite' of the question 'what is your"):
            answers.score(model, tokenizer, Recipe(samples=1, kinds=["own.shade"]), (1, "x"), MINI)
    finally:
        declare({})


@pytest.mark.parametrize(("answer", "picks"), [("B", True), (" (B) it is", True), ("B.", True), ("Bus", False), ("a B", False)])
def test_an_answer_picks_the_option_that_it_begins_with(answer, picks):
    assert answers.begins_with(answer, ("B",)) is picks
