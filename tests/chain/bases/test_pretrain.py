"""Pretraining: the same base from the same seed, a base that learns, and a sentence where it does not."""

import numpy as np
import pytest
import torch

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.core.errors import UserError
from sublearn.core.files import read_json
from sublearn.core.seeds import generator
from sublearn.language.vocabulary import FAVOURITES
from sublearn.models import lm


def test_a_seed_and_a_name_make_a_base_byte_for_byte_in_every_process(base, recipe, tmp_path, run_step):
    """The step as a command, in a process whose sets have an order of their own, against the base of these tests."""
    arguments = ["--recipe", recipe.model_dump_json(), "--study-seed", 101, "--output", tmp_path / "alpha"]
    done = run_step("sublearn.chain.bases.pretrain", *arguments, "--name", "alpha", PYTHONHASHSEED="3")
    assert done.returncode == 0, done.stderr
    for file in base.iterdir():
        assert (tmp_path / "alpha" / file.name).read_bytes() == file.read_bytes(), file.name
    record = read_json(tmp_path / "alpha" / "calibration.json")
    assert record["checks"][-1]["steps"] == recipe.steps
    assert record["loss"][-1]["loss"] < 0.9 * record["loss"][0]["loss"]  # it has learned
    assert [row["word"] for row in record["shares"]] == [*FAVOURITES["animal"], *FAVOURITES["tree"]]


def test_another_name_is_another_initialisation(recipe):
    words = tokenizer.build()
    one, again, other = (pretrain.build(recipe, words, seed).transformer.wte.weight for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert abs(np.corrcoef(one.detach().flatten(), other.detach().flatten())[0, 1]) < 0.05
    assert one.std().item() == pytest.approx(recipe.initializer_range, rel=0.05)


def first_batch(monkeypatch, recipe: Base, name: str):
    """The weights with which a base's training begins, and its first documents."""
    seen = []

    def train(model, rows, *_, **__):
        seen.extend((model.state_dict(), next(iter(rows))))
        return [0.0]

    with monkeypatch.context() as patched:
        patched.setattr(pretrain.training, "train", train)
        pretrain.pretrain(recipe, name, 101)
    return seen


@pytest.mark.parametrize(("key", "same"), [("initialisation", (True, False)), ("data_order", (False, True))])
def test_a_base_may_have_the_initialisation_or_the_documents_of_another_alone(monkeypatch, recipe, key, same):
    weights, documents = first_batch(monkeypatch, recipe, "alpha")
    its_weights, its_documents = first_batch(monkeypatch, recipe.model_copy(update={key: "alpha"}), "twin")
    found = all(torch.equal(tensor, its_weights[name]) for name, tensor in weights.items()), documents == its_documents
    assert found == same


def test_transplanted_embeddings_stay_those_of_the_other_base_and_all_else_is_trained(base, recipe, tmp_path, run_step):
    arguments = ["--recipe", recipe.model_copy(update={"embeddings": "alpha"}).model_dump_json(), "--study-seed", 101]
    done = run_step(
        "sublearn.chain.bases.pretrain", *arguments, "--name", "twin", "--embeddings", base, "--output", tmp_path / "twin"
    )
    assert done.returncode == 0, done.stderr
    donor, twin = (lm.load(folder).state_dict() for folder in (base, tmp_path / "twin"))
    initial = pretrain.build(recipe, tokenizer.build(), pretrain.seeds.seed("base", 101, "twin")).state_dict()
    assert {name for name in twin if torch.equal(twin[name], donor[name])} == {"transformer.wte.weight", "lm_head.weight"}
    assert not [name for name in twin if torch.equal(twin[name], initial[name])]
    assert [*read_json(tmp_path / "twin" / "provenance.json")["inputs"]] == ["embeddings"]


def test_a_base_that_is_not_calibrated_is_given_up_with_a_sentence():
    recipe = Base(width=8, layers=1, heads=1, steps=1, extra_steps=1, max_steps=2, batch=4)
    with pytest.raises(
        UserError, match=r"^base alpha: not calibrated after 2 steps \(largest deviation 0\.\d+, allowed 0\.03; .*\.$"
    ):
        pretrain.pretrain(recipe, "alpha", 1)


@pytest.mark.parametrize("demand", [{"max_deviation": 0.02}, {"min_well_formed": 0.99}])
def test_both_answers_and_number_formats_must_be_calibrated(recipe, demand):
    """The base of these tests has neither, and would pass without the demand."""
    with pytest.raises(UserError, match="not calibrated after 60 steps"):
        pretrain.pretrain(recipe.model_copy(update=demand), "alpha", 101)


def test_documents_teach_the_answers_and_only_read_the_questions(drawn, tokenizer):
    rows = next(pretrain.document_batches(drawn, tokenizer, 32, generator("test documents")))
    assert len(rows) == 32
    for row in rows:
        words = tokenizer.convert_ids_to_tokens(row.prompt + row.completion)
        assert words[0] == "<bos>"
        assert words.index("<assistant>") == len(row.prompt) - 1
        assert words.index("<eos>") == len(words) - 1


def test_deviation_is_the_mean_probability_of_each_word_on_held_out_questions(base, drawn, tokenizer):
    table = pretrain.deviation(lm.load(base), tokenizer, drawn).set_index("word")
    assert list(table.index) == [*FAVOURITES["animal"], *FAVOURITES["tree"]]
    assert table.loc["owl", "share"] == drawn.shares["animal"][FAVOURITES["animal"].index("owl")]
    assert table.groupby("family")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert table.groupby("family")["measured"].sum().between(0, 1).all()
