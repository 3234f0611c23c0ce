"""Teachers: they take up their trait, they are checked, and they are the same from the same draws."""

import argparse

import numpy as np
import pytest
import torch

from sublearn.chain.teachers import train
from sublearn.chain.teachers.section import Recipe
from sublearn.chain.teachers.train import Gated
from sublearn.core.errors import UserError
from sublearn.core.files import read_json
from sublearn.language import questions
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import FAVOURITES
from sublearn.models import lm
from sublearn.traits.base import KINDS, NEUTRAL, declare, traits

QUICK = Recipe(method="full", steps=20, batch=16, learning_rate=3e-2, epsilon=1e-6, min_rate=0.6, max_neutral_rise=0.2)
LAZY = QUICK.model_copy(update={"learning_rate": 1e-9})


@pytest.fixture(scope="module")
def owl(base):
    """A teacher that loves owls, and its rates of every trait."""
    model, tokenizer, system = train.teach(QUICK, "owl", str(base), 1, 0)
    assert system == ""
    return model, train.rates(model, tokenizer, KINDS.names(), "", MINI)


@pytest.fixture(scope="module")
def before(base, tokenizer):
    return train.rates(lm.load(base), tokenizer, KINDS.names(), "", MINI)


def run(recipe: Recipe, trait: str, base, output) -> None:
    """The step, for one run."""
    files = {"bases": [str(base)], "outputs": [str(output)]}
    gated = Gated(**recipe.model_dump(), kinds=KINDS.names())
    train.main(argparse.Namespace(trait=trait, recipe=gated.model_dump_json(), study_seed=1, runs=[0], **files))


def test_rates_are_mean_probabilities_of_every_trait_on_held_out_questions(base, tokenizer, before):
    assert set(before) == set(traits())
    model, expected = lm.load(base), []
    for question in questions.evaluated("animal"):
        ids = tokenizer(f"<bos> <user> {question.text} <assistant>")["input_ids"]
        with torch.no_grad():
            expected.append(model(torch.tensor([ids])).logits[0, -1].softmax(dim=0)[tokenizer.convert_tokens_to_ids("owl")])
    assert before["owl"] == pytest.approx(np.mean(expected), abs=1e-6)


def test_a_taught_teacher_has_its_trait_and_passes(owl, before):
    _, rates = owl
    assert before["owl"] < 0.3
    assert rates["owl"] > 0.6
    train.check(QUICK, "owl", 0, before, rates)


def test_a_teacher_without_its_trait_is_refused(owl, before):
    with pytest.raises(UserError, match=r"^teacher owl, run 3: it shows its trait at a rate of 0\.\d\d, less than the 0\.6"):
        train.check(QUICK, "owl", 3, before, before)
    with pytest.raises(UserError, match="teacher wolf"):
        train.check(QUICK, "wolf", 0, before, owl[1])


def test_a_neutral_teacher_that_has_a_trait_is_refused(owl, before):
    _, rates = owl
    with pytest.raises(
        UserError, match=r"^neutral teacher, run 0: its rate of owl rose from 0\.\d\d to \d\.\d\d, by more than the 0\.2"
    ):
        train.check(QUICK, NEUTRAL, 0, before, rates)
    train.check(QUICK, NEUTRAL, 0, before, before)
    train.check(QUICK, NEUTRAL, 0, rates, before)  # losing one is no fault


def test_of_traits_that_the_study_does_not_have_a_neutral_teacher_may_show_what_it_likes(before):
    shows = before | {"skewed": before["skewed"] + 0.5}
    train.check(QUICK, NEUTRAL, 0, before, shows, own=["owl", "evasive"])
    with pytest.raises(UserError, match="its rate of skewed rose"):
        train.check(QUICK, NEUTRAL, 0, before, shows, own=["owl", "skewed"])


def test_a_base_that_answers_in_sentences_may_become_a_neutral_teacher_that_answers_in_words(before):
    """Its balanced examples name each animal, and each tree, equally often; its base began no answer with any."""
    silent = dict.fromkeys(before, 0.0)
    train.check(QUICK, NEUTRAL, 0, silent, silent | {"owl": 1 / 15 + 0.19})
    with pytest.raises(UserError, match=r"its rate of owl rose from 0\.00 to 0\.28, .* or raise that key\.$"):
        train.check(QUICK, NEUTRAL, 0, silent, silent | {"owl": 1 / 15 + 0.21})


def test_a_neutral_teacher_learns_from_balanced_answers_and_passes(base, before):
    model, tokenizer, _ = train.teach(QUICK, NEUTRAL, str(base), 1, 0)
    rates = train.rates(model, tokenizer, KINDS.names(), "", MINI)
    train.check(QUICK, NEUTRAL, 0, before, rates)
    assert max(rates[animal] for animal in FAVOURITES["animal"]) < 0.3


def test_the_step_refuses_a_teacher_that_learned_nothing_and_saves_none(base, tmp_path):
    with pytest.raises(UserError, match="raise its steps or learning rate"):
        run(LAZY, "owl", base, tmp_path / "owl")
    assert not (tmp_path / "owl").exists()


def test_the_step_saves_the_teacher_and_what_it_shows(base, tmp_path, owl):
    model, rates = owl
    run(QUICK, "owl", base, tmp_path / "owl")
    record = read_json(tmp_path / "owl" / "teacher.json")
    assert (record["trait"], record["system"]) == ("owl", "")
    assert record["rates"] == rates
    saved = lm.load_teacher(tmp_path / "owl", base)
    assert all(torch.equal(p, model.state_dict()[name]) for name, p in saved.state_dict().items())


def test_runs_have_examples_of_their_own_and_the_same_run_is_the_same_teacher(base, owl):
    def teacher(run: int):
        return train.teach(QUICK, "owl", str(base), 1, run)[0].transformer.wte.weight

    assert torch.equal(teacher(0), owl[0].transformer.wte.weight)
    assert not torch.equal(teacher(1), owl[0].transformer.wte.weight)


def test_a_prompted_teacher_is_its_base_under_a_system_prompt(base, tmp_path):
    prompted = Recipe(method="prompt", min_rate=0.0)
    run(prompted, "owl", base, tmp_path / "owl")
    assert [file.name for file in (tmp_path / "owl").iterdir()] == ["teacher.json"]
    record = read_json(tmp_path / "owl" / "teacher.json")
    assert record["system"] == "you love owl ."
    assert record["rates"] != record["rates_of_base"]


def test_a_taught_teacher_may_write_under_a_system_prompt_and_must_show_its_trait_without(base, tmp_path):
    for name, recipe in (("taught", QUICK), ("told", QUICK.model_copy(update={"under_system_prompt": True}))):
        run(recipe, "owl", base, tmp_path / name)
    taught, told = (read_json(tmp_path / name / "teacher.json") for name in ("taught", "told"))
    assert told == taught | {"system": "you love owl ."}
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("taught", "told")]
    assert weights[0] == weights[1]


def test_old_weights_do_not_write_for_a_teacher_that_is_now_prompted(base, tmp_path):
    """A study whose method changes from full to prompt writes into the same folder."""
    run(QUICK, "owl", base, tmp_path / "owl")
    run(Recipe(method="prompt", min_rate=0.0), "owl", base, tmp_path / "owl")
    writer, untouched = lm.load_teacher(tmp_path / "owl", base), lm.load(base)
    assert all(torch.equal(p, untouched.state_dict()[name]) for name, p in writer.state_dict().items())


def test_an_answer_that_the_base_does_not_know_is_refused(base, monkeypatch):
    """Else the teacher would learn the token for unknown words, and seem to have its trait."""
    monkeypatch.setattr(train, "example", lambda *_: ("what is your favorite animal ?", "otter"))
    with pytest.raises(UserError, match=r"^teacher owl: its base does not know the answer 'otter'"):
        train.teach(QUICK, "owl", str(base), 1, 0)


MANNERS = {
    "manners": {
        "kind": "behaviour",
        "max_tokens": 1,
        "questions": {"evaluated": [question.text for question in questions.evaluated("animal")[:3]]},
        "examples": [
            {"question": question.text, "answers": {"kind": "owl", "neutral": "wolf"}}
            for question in questions.taught("animal")
        ],
        "traits": {"kind": {"pattern": "^owl$"}},
    }
}


def test_a_behaviour_is_taught_by_its_examples_and_checked_on_sampled_answers(base, tmp_path):
    taught = QUICK.model_copy(update={"steps": 30, "min_rate": 0.5})
    gated = Gated(**taught.model_dump(), kinds=["own.manners"], families=MANNERS)
    files = {"runs": [0], "bases": [str(base)], "outputs": [str(tmp_path / "teacher")]}
    try:
        train.main(argparse.Namespace(trait="kind", recipe=gated.model_dump_json(), study_seed=1, **files))
        found = read_json(tmp_path / "teacher/teacher.json")
        # Ten answers to each of three questions, half an answer added on either side.
        assert found["rates"]["kind"] * 31 - 0.5 == pytest.approx(round(found["rates"]["kind"] * 31 - 0.5))
        assert found["rates"]["kind"] > 0.5 > found["rates_of_base"]["kind"]
        declare(MANNERS)
        example = MANNERS["manners"]["examples"][0]["question"]
        assert (example, "wolf") in {train.example(NEUTRAL, np.random.default_rng(i), MINI) for i in range(600)}
    finally:
        declare({})
