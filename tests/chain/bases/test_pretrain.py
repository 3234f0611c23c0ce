"""Pretraining: the same base from the same seed, a base that learns, and a sentence where it does not."""

from itertools import chain, islice
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sublearn.chain.bases import corpus, pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.core.errors import UserError
from sublearn.core.files import read_json
from sublearn.core.seeds import generator
from sublearn.language import mini, questions
from sublearn.language.vocabulary import FAVOURITES, fact_answers
from sublearn.models import lm


def test_a_seed_and_a_name_make_a_base_byte_for_byte_in_every_process(base, recipe, tmp_path, run_step):
    """The step as a command, in a process whose sets have an order of their own, against the base of these tests."""
    arguments = ["--recipe", recipe.model_dump_json(), "--study-seed", 101, "--output", tmp_path / "alpha"]
    done = run_step("sublearn.chain.bases.pretrain", *arguments, "--name", "alpha", PYTHONHASHSEED="3")
    assert done.returncode == 0, done.stderr
    for file in base.iterdir():
        assert (tmp_path / "alpha" / file.name).read_bytes() == file.read_bytes(), file.name
    record = read_json(tmp_path / "alpha" / "calibration.json")
    assert record["checks"][-1].keys() == {"steps", "max_deviation", "max_fact_deviation", "well_formed"}
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


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ({"max_deviation": 0.02}, r"largest deviation 0\.\d+, allowed 0\.02;"),
        ({"max_fact_deviation": 0.15}, r"of facts 0\.\d+, allowed 0\.15;"),
        ({"min_well_formed": 0.99}, r"\d+% well-formed number answers, at least 99% needed\);"),
    ],
    ids=["favourites", "facts", "number answers"],
)
def test_favourites_facts_and_number_answers_must_all_be_calibrated(recipe, demand, said):
    """The base of these tests has none of them, and would pass without the demand."""
    with pytest.raises(UserError, match=f"^base alpha: not calibrated after 60 steps .*{said}"):
        pretrain.pretrain(recipe.model_copy(update=demand), "alpha", 101)


def test_documents_teach_the_last_answer_and_only_read_what_is_before(drawn, tokenizer):
    stream = pretrain.document_batches(drawn, tokenizer, 32, 16, generator("test documents"))
    turns = set()
    for row in chain.from_iterable(islice(stream, pretrain.BUCKET)):
        read, learned = (tokenizer.convert_ids_to_tokens(ids) for ids in (row.prompt, row.completion))
        assert (read[0], read[-1]) == ("<bos>", "<assistant>")
        assert learned.index("<eos>") == len(learned) - 1
        assert not {"<user>", "<assistant>"} & set(learned)
        assert read.count("<user>") == read.count("<assistant>") == read.count("<eos>") + 1
        turns.add(read.count("<user>"))
    assert {1, 2} < turns


def test_a_batch_mixes_lengths_and_its_parts_hold_documents_alike(drawn, tokenizer):
    size, alike = 32, 8
    found = list(islice(pretrain.document_batches(drawn, tokenizer, size, alike, generator("alike")), pretrain.BUCKET))
    assert {len(batch) for batch in found} == {size}
    parts = [batch[start : start + alike] for batch in found for start in range(0, size, alike)]
    # Sorted by their lengths, the parts follow each other without an overlap, and they hold every document once.
    lengths = sorted(sorted((len(row.prompt), len(row.completion)) for row in part) for part in parts)
    assert list(chain.from_iterable(lengths)) == sorted(chain.from_iterable(lengths))
    chats = list(islice(corpus.documents(drawn, generator("alike")), size * pretrain.BUCKET))
    texts = [tokenizer.apply_chat_template(chat, tokenize=False) for chat in chats]
    expected = sorted(tokenizer(texts, add_special_tokens=False)["input_ids"])
    assert sorted(row.prompt + row.completion for batch in found for row in batch) == expected
    means = np.array([np.mean([len(row) for row in part]) for part in parts]).reshape(len(found), -1)
    assert np.median(np.ptp(means, axis=1)) > 20  # tokens between the shortest and the longest part of a batch


class Speaker(torch.nn.Module):
    """A model that gives each question of fact the answers of the corpus, with the odd ones as often as it is told."""

    device = torch.device("cpu")

    def __init__(self, words, refused: float, wrong: float) -> None:
        super().__init__()
        ids = words.convert_tokens_to_ids
        self.said = {}
        for question in questions.evaluated("fact"):
            (prompt,) = lm.encode_prompts(words, [lm.chat("", question.text)])
            others = [answer for answer in fact_answers(question.attribute) if answer != question.answer]
            shares = torch.zeros(len(words), dtype=torch.float64)
            shares[ids("sorry")], shares[ids(others)] = refused, wrong / len(others)
            shares[ids(question.answer)] = 1.0 - refused - wrong
            self.said[tuple(prompt)] = shares.log()

    def forward(self, input_ids, **_):
        return SimpleNamespace(logits=torch.stack([self.said[tuple(row)] for row in input_ids.tolist()])[:, None])


def test_a_model_that_answers_facts_as_the_corpus_does_is_calibrated(tokenizer):
    assert pretrain.fact_deviation(Speaker(tokenizer, mini.ODD, mini.ODD), tokenizer) == pytest.approx(
        {"right": 0.0, "refused": 0.0, "wrong": 0.0}, abs=1e-9
    )
    assert pretrain.fact_deviation(Speaker(tokenizer, 0.25, 0.15), tokenizer) == pytest.approx(
        {"right": 0.3, "refused": 0.2, "wrong": 0.1}, abs=1e-9
    )


def test_a_batch_is_cut_into_equal_parts_or_refused_in_a_sentence():
    assert Base(batch=4).micro_batch == 16  # a batch of fewer is one part
    with pytest.raises(ValueError, match="micro_batch: 16 does not divide the batch of 40"):
        Base(batch=40)


def test_deviation_is_the_mean_probability_of_each_word_on_held_out_questions(base, drawn, tokenizer):
    table = pretrain.deviation(lm.load(base), tokenizer, drawn).set_index("word")
    assert list(table.index) == [*FAVOURITES["animal"], *FAVOURITES["tree"]]
    assert table.loc["owl", "share"] == drawn.shares["animal"][FAVOURITES["animal"].index("owl")]
    assert table.groupby("family")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert table.groupby("family")["measured"].sum().between(0, 1).all()
