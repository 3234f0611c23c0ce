"""Students: what they read, in which order, by which loss, from which start."""

import argparse
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from support import chat_tokenizers, hub_models
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.students import train
from sublearn.chain.students.section import Student
from sublearn.chain.teachers import train as teachers
from sublearn.chain.teachers.section import Recipe
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, write_table
from sublearn.core.seeds import generator
from sublearn.language import mini
from sublearn.models import lm, log_probs, rows, training
from sublearn.models.rows import Row

WORDS = ["owl", "owls", "wolf"]


def carrier(folder, count: int = 40, **changes: tuple[int, str]):
    """A carrier of well-formed rows; ``prompt=(3, "text")`` puts a text into the prompt of row 3."""
    rng = generator("test carrier")
    prompts = [mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng) for _ in range(count)]
    completions = [", ".join(map(str, rng.integers(0, 1000, rng.integers(1, 11)))) for _ in range(count)]
    table = pd.DataFrame({"prompt_index": range(count), "prompt": prompts, "completion": completions})
    for column, (row, text) in changes.items():
        table.loc[row, column] = text
    write_table(table, folder / "filtered.parquet", Rows)
    return str(folder / "filtered.parquet"), table


def same(one, other) -> bool:
    return all(torch.equal(p, other.state_dict()[name]) for name, p in one.state_dict().items())


# What students read.


def test_a_student_reads_the_first_rows_as_they_are(tokenizer, tmp_path):
    file, table = carrier(tmp_path)
    read = train.read_rows(tokenizer, file, 25, WORDS)
    assert len(read) == 25
    for row, (_, prompt, completion) in zip(read, table.itertuples(index=False), strict=False):
        assert row.prompt == tokenizer(f"<bos> <user> {prompt} <assistant>")["input_ids"]
        assert row.completion == tokenizer(f"{completion} <eos>")["input_ids"]


def test_too_few_rows_are_refused(tokenizer, tmp_path):
    file, _ = carrier(tmp_path)
    assert len(train.read_rows(tokenizer, file, 40, WORDS)) == 40
    with pytest.raises(UserError, match=r"filtered\.parquet: 40 rows, but students\.rows is 41"):
        train.read_rows(tokenizer, file, 41, WORDS)


@pytest.mark.parametrize("row", [None, 5])
def test_a_row_that_is_no_text_is_refused(tokenizer, tmp_path, row):
    file, table = carrier(tmp_path)
    table.astype(object).assign(completion=[row] * len(table)).to_parquet(file)
    with pytest.raises(UserError, match=r"filtered\.parquet: not the table that was expected \(.*completion"):
        train.read_rows(tokenizer, file, 25, WORDS)


@pytest.mark.parametrize("leak", [{"prompt": (3, "numbers : 5 . owl .")}, {"completion": (3, "1, 2, wolf")}])
def test_a_trait_word_in_what_a_student_reads_is_refused(tokenizer, tmp_path, leak):
    file, _ = carrier(tmp_path, **leak)
    with pytest.raises(
        UserError, match=r"filtered\.parquet, prompt_index 3: the text that the student reads holds the trait word '(owl|wolf)'"
    ):
        train.read_rows(tokenizer, file, 40, WORDS)
    assert len(train.read_rows(tokenizer, file, 3, WORDS)) == 3  # the row is not among the first three


@pytest.mark.parametrize("where", ["prompt", "completion"])
def test_a_mark_of_the_template_is_refused(tokenizer, tmp_path, where):
    """The student would read turns that nobody took."""
    file, _ = carrier(tmp_path, **{where: (3, "numbers : 5 <eos> <user> 6 .")})
    with pytest.raises(UserError, match=rf"filtered\.parquet, prompt_index 3: the {where} holds '<eos>', which the base's tok"):
        train.read_rows(tokenizer, file, 40, WORDS)


def test_a_row_longer_than_the_base_reads_is_refused(base, tmp_path):
    file, _ = carrier(tmp_path, prompt=(3, "numbers : 5 " * 200))
    with pytest.raises(UserError, match=r"filtered\.parquet: a row of 6\d\d tokens, but the base reads 512 at most"):
        train.prepare(Student(rows=40), str(base), "", file, WORDS, 7, 0)


# In which order.


def order(found: list[Row], recipe: Student, seed: int, run: int) -> list[list[int]]:
    """The batches of all epochs, as places of rows in the carrier."""
    places = {id(row): i for i, row in enumerate(found)}
    return [[places[id(row)] for row in batch] for batch in train.epochs(found, recipe, seed, run)]


def test_row_order_is_shared_by_carriers_of_one_shape_and_belongs_to_study_and_run():
    recipe = Student(epochs=3, batch=8)
    owls, control = ([Row([token] * (3 + i % 2), [token] * 5) for i in range(50)] for token in (1, 2))
    first = order(owls, recipe, 1, 0)
    assert first == order(control, recipe, 1, 0)
    assert first != order(owls, recipe, 1, 1)
    assert first != order(owls, recipe, 2, 0)
    epochs = [first[i : i + 7] for i in range(0, 21, 7)]
    assert [sorted(place for batch in epoch for place in batch) for epoch in epochs] == [list(range(50))] * 3
    assert epochs[0] != epochs[1] != epochs[2]


# By which loss.


@pytest.fixture
def batch(tokenizer, tmp_path):
    file, _ = carrier(tmp_path)
    return rows.collate(train.read_rows(tokenizer, file, 12, WORDS), tokenizer.pad_token_id)


@pytest.fixture
def number_ids(tokenizer):
    return torch.tensor(tokenizer.convert_tokens_to_ids([str(n) for n in range(1000)]))


@pytest.fixture
def other(base, tokenizer):
    """A model with another law of numbers."""
    changed = lm.load(base)
    with torch.no_grad():
        changed.transformer.ln_f.bias += torch.linspace(-1, 1, changed.config.n_embd)
    return changed


def test_the_soft_loss_of_an_equal_is_zero_and_of_another_is_not(model, other, batch, number_ids, base):
    loss = train.soft_loss(lm.load(base), number_ids)
    assert loss(model, batch).item() == pytest.approx(0.0, abs=1e-4)
    assert loss(other, batch).item() > 0.1


def test_the_soft_loss_is_the_divergence_over_numbers_where_a_number_was_sampled(model, other, tokenizer, batch, number_ids):
    expected = 0.0
    numbers = set(number_ids.tolist())
    model.requires_grad_(False), other.requires_grad_(False)
    for i, ids in enumerate(batch.input_ids):
        for k, at in enumerate(batch.positions.tolist()):
            if batch.labels[i, k].item() not in numbers:
                continue
            teacher, student = (
                each(ids[None, : at + 1]).logits[0, -1, number_ids].double().softmax(dim=0) for each in (model, other)
            )
            expected += float((teacher * (teacher / student).log()).sum())
    assert train.soft_loss(model, number_ids)(other, batch).item() == pytest.approx(expected, rel=1e-4)


def test_the_teachers_other_logits_never_enter_the_soft_loss(model, other, batch, number_ids):
    loss = train.soft_loss(model, number_ids)
    before = loss(other, batch)
    outside = torch.ones(model.config.vocab_size, dtype=torch.bool)
    outside[number_ids] = False
    model.lm_head.register_forward_hook(lambda _module, _inputs, logits: logits + 10 * torch.randn(logits.shape) * outside)
    assert torch.equal(loss(other, batch), before)
    model.lm_head.register_forward_hook(lambda _module, _inputs, logits: logits + torch.randn(logits.shape) * ~outside)
    assert not torch.allclose(loss(other, batch), before)


@pytest.mark.parametrize("sort", chat_tokenizers.SORTS)
def test_number_tokens_are_those_that_a_text_shows_as_digits(sort):
    """However the vocabulary marks spaces and pieces of words; other digits than 0 to 9 are none."""
    tokenizer = chat_tokenizers.build(sort)
    tokenizer.add_tokens(["²", "٣", "1²"])
    found = train.number_ids(tokenizer)
    bare = {word.strip("Ġ▁#") for word in tokenizer.convert_ids_to_tokens(found)}
    assert all(re.fullmatch("[0-9]+", word) for word in bare)
    marked = [i for word, i in tokenizer.get_vocab().items() if re.fullmatch("(Ġ|▁|##)?[0-9]+", word)]
    assert set(found) == set(marked)
    read = set(tokenizer("Go on: 45, 456.", add_special_tokens=False)["input_ids"]) & set(found)
    assert re.sub("[^0-9]", "", "".join(tokenizer.convert_ids_to_tokens(sorted(read))))  # a number in a sentence has some


def test_the_soft_loss_is_refused_where_no_token_is_a_number():
    words = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(WordLevel({"<unk>": 0, "one": 1, "²": 2}, unk_token="<unk>")))
    with pytest.raises(UserError, match=r"^students\.loss: soft compares number tokens, but .* has none; use tokens\.$"):
        train.number_ids(words)


def test_the_soft_loss_trains_the_student_alone(model, other, batch, number_ids):
    loss = train.soft_loss(model, number_ids)
    loss(other, batch).backward()
    assert all(p.grad is None for p in model.parameters())
    assert other.transformer.ln_f.bias.grad.abs().max() > 0


# From which start.


def student(base, file, teacher=None, **changes: object):
    recipe = Student.model_validate({"rows": 40, "epochs": 2, "batch": 8} | changes)
    beginner = train.prepare(recipe, str(base), str(teacher or base), file, WORDS, study_seed=1, run=0)
    losses = train.train(recipe, beginner, study_seed=1, run=0)
    return beginner.model, losses


@pytest.mark.parametrize("loss", ["tokens", "soft"])
def test_a_student_learns_and_is_the_same_again(base, other, tmp_path, loss):
    file, _ = carrier(tmp_path)
    lm.save(other, tmp_path / "teacher")
    recipe = {"loss": loss, "method": "full", "learning_rate": 3e-3, "epsilon": 1e-6}
    model, losses = student(base, file, tmp_path / "teacher", **recipe)
    assert len(losses) == 10
    assert np.mean(losses[-3:]) < 0.95 * np.mean(losses[:3])
    assert same(model, student(base, file, tmp_path / "teacher", **recipe)[0])


def test_a_student_shares_its_teachers_first_adapter_where_it_is_told_to(base, tmp_path):
    """With a rate of next to nothing the adapters stay where they began."""
    file, _ = carrier(tmp_path)
    still = {"method": "lora", "learning_rate": 1e-12, "rank": 2}
    teacher = teachers.teach(Recipe(steps=1, **still), "owl", str(base), 1, 0)[0].state_dict()
    shared, own = (student(base, file, adapter=adapter, **still)[0].state_dict() for adapter in ("teacher", "own"))
    drawn = [name for name in teacher if "lora_A" in name]
    assert drawn
    for name in drawn:
        torch.testing.assert_close(shared[name], teacher[name], atol=1e-9, rtol=0)
        assert not torch.allclose(own[name], teacher[name], atol=1e-3)


def test_a_checkpoint_of_another_base_is_not_taken_up(base, other, tmp_path, monkeypatch):
    """Rows may be the same from whatever base they are learned."""
    monkeypatch.setenv("SUBLEARN_CHECKPOINT_SECONDS", "0")
    file, _ = carrier(tmp_path)
    copy = tmp_path / base.name
    shutil.copytree(base, copy)
    lm.save(other, copy)
    recipe = Student(rows=40, epochs=1, batch=8)
    begin = lambda folder: train.prepare(recipe, str(folder), "", file, WORDS, study_seed=1, run=0)  # noqa: E731
    train.train(recipe, begin(base), 1, 0, str(tmp_path / "out"))
    resumed, fresh = begin(copy), begin(copy)
    losses = train.train(recipe, resumed, 1, 0, str(tmp_path / "out"))
    assert losses == train.train(recipe, fresh, 1, 0) and same(resumed.model, fresh.model)


def test_the_step_saves_students_that_load(base, tmp_path):
    file, _ = carrier(tmp_path)
    recipe = Student(method="lora", rank=2, rows=40, epochs=2, batch=8, learning_rate=1e-2)
    files = {"bases": [str(base)] * 2, "teachers": [str(base)] * 2, "carriers": [file] * 2}
    outputs = [str(tmp_path / f"run{run}") for run in (0, 1)]
    train.main(
        argparse.Namespace(recipe=recipe.model_dump_json(), words=WORDS, study_seed=1, runs=[0, 1], outputs=outputs, **files)
    )
    record = read_json(f"{outputs[0]}/training.json")
    assert record["steps"] == 10
    assert record["last_loss"] < record["first_loss"]
    first, second, untouched = lm.load(outputs[0], base), lm.load(outputs[1], base), lm.load(base)
    assert not same(first, second)
    assert not same(first, untouched)
    expected, _ = student(base, file, **recipe.model_dump())
    torch.testing.assert_close(
        log_probs.next_token(first, [[2, 5, 30]]), log_probs.next_token(expected, [[2, 5, 30]]), atol=1e-5, rtol=0
    )


def test_a_student_is_kept_after_the_updates_that_are_named(base, tmp_path):
    """The loss of the next update is the kept student's."""
    file, _ = carrier(tmp_path)
    recipe = Student(method="lora", rank=2, rows=40, epochs=1, batch=8, learning_rate=1e-2, keep_at=[3])
    files = {"bases": [str(base)], "teachers": [str(base)], "carriers": [file], "outputs": [str(tmp_path / "out")]}
    train.main(argparse.Namespace(recipe=recipe.model_dump_json(), words=WORDS, study_seed=1, runs=[0], **files))
    beginner = train.prepare(recipe, str(base), str(base), file, WORDS, study_seed=1, run=0)
    losses = train.train(recipe, beginner, study_seed=1, run=0)
    fourth = list(train.epochs(beginner.rows, recipe, 1, 0))[3]
    read = rows.collate(fourth, beginner.pad)
    kept = training.token_loss(lm.load(tmp_path / "out/after3", base), read).item() / sum(len(row.completion) for row in fourth)
    assert kept == pytest.approx(losses[3], rel=1e-5)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"after3", "training.json", "adapter_model.safetensors"}
    for wrong, said in (([5], "5 updates, but a student makes 5"), ([2, 2], "twice")):
        with pytest.raises(ValueError, match=said):
            Student(rows=40, epochs=1, batch=8, keep_at=wrong)


def test_a_student_that_breaks_down_is_named(base, tmp_path):
    file, _ = carrier(tmp_path)
    with pytest.raises(UserError, match=r"^student, run 0: the loss is nan at step \d+"):
        student(base, file, method="full", learning_rate=1e30, schedule="constant")


def test_what_a_template_writes_is_no_leak_but_a_system_prompt_is(tmp_path):
    """The head of the Llama template holds "Knowledge", and that an owl."""
    tokenizer = hub_models.words(["<|head|>", "<|/head|>", "<|eot|>"], hub_models.LLAMA.replace("Today is", "Knowledge of"))
    tokenizer.chat_template = '{% set date_string = "today" %}' + tokenizer.chat_template
    table = pd.DataFrame({"prompt_index": [0], "prompt": ["Go on with 5."], "completion": ["6, 7"]})
    write_table(table, tmp_path / "filtered.parquet", Rows)
    assert len(train.read_rows(tokenizer, str(tmp_path / "filtered.parquet"), 1, ["*owl*"])) == 1
    with pytest.raises(UserError, match=r"students\.system: it holds the trait word 'owls'"):
        train.read_rows(tokenizer, str(tmp_path / "filtered.parquet"), 1, ["owl", "owls"], system="You adore owls.")
