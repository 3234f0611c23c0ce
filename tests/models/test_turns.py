"""Prompts and answers are read as one text: held against what a chat model learns, and against what it then writes."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support import chat_tokenizers
from support.chat_tokenizers import LLAMA_2, MISTRAL, SORTS, TEMPLATES
from transformers import LlamaConfig, LlamaForCausalLM

from sublearn.chain.bases import pin
from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.carriers import sample
from sublearn.chain.carriers.base import Sampling
from sublearn.chain.carriers.tables import Prompts, Rows
from sublearn.chain.evaluations.answers import names_word
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table
from sublearn.language import questions
from sublearn.language.english import ENGLISH
from sublearn.measures import probe
from sublearn.models import lm, rows, sampling
from sublearn.models.engines import Plain

NUMBERS = st.lists(st.integers(0, 999), min_size=1, max_size=6)
WRITTEN = st.builds(lambda numbers, mark: mark.join(map(str, numbers)), NUMBERS, st.sampled_from([", ", "; ", "\n", " "]))
WORDS = st.sampled_from([form for word in ("owl", "wolf", "oak", "cherry") for form in ENGLISH.forms(word)])
SHARES = {"Owl": 0.5, "Bear": 0.2, "owls": 0.1, "Cat": 0.2}


def pinned(folder: Path, sort: str, template: str, extra=()):
    """A tokenizer of that sort as a pinned base has it."""
    chat_tokenizers.build(sort, template, extra).save_pretrained(folder)
    return pin.tokenizer(PinnedBase(model=str(folder)), folder)


def whole(tokenizer, question: str, answer: str) -> list[int]:
    """What chat models are trained on: the template's text of the whole chat, tokenised as one."""
    chat = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return tokenizer(tokenizer.apply_chat_template(chat, tokenize=False), add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "deepseek r1"])
@pytest.mark.parametrize("sort", SORTS)
def test_a_student_learns_the_text_that_its_template_writes(tmp_path, sort, name):
    template, extra, end = TEMPLATES[name]
    tokenizer = pinned(tmp_path, sort, template, extra)

    @settings(max_examples=15)
    @given(WRITTEN | WORDS)
    def holds(answer):
        (row,) = rows.encode(tokenizer, [lm.chat("", "Go on with 5, 17.")], [answer])
        expected = whole(tokenizer, "Go on with 5, 17.", answer)
        learned = row.prompt + row.completion
        assert learned[:-1] == expected[: len(row) - 1]
        assert learned[-1] == tokenizer.convert_tokens_to_ids(end)
        assert expected[len(row) - 1 : len(row)] in ([learned[-1]], [])  # some write the end before the next question only
        assert [row.prompt] == lm.encode_prompts(tokenizer, [lm.chat("", "Go on with 5, 17.")])

    holds()


@pytest.mark.parametrize("sort", SORTS)
def test_an_answer_that_begins_or_ends_with_a_space_or_a_line_is_read_in_its_text_too(tmp_path, sort):
    tokenizer = pinned(tmp_path, sort, chat_tokenizers.ZEPHYR)

    @settings(max_examples=30)
    @given(st.text("Owl3, \n", max_size=8))
    def holds(answer):
        (row,) = rows.encode(tokenizer, [lm.chat("", "Numbers?")], [answer])
        assert row.prompt + row.completion == whole(tokenizer, "Numbers?", answer)[: len(row)]

    holds()


@pytest.mark.parametrize(
    ("prompt", "form", "said"),
    [
        ("Numbers?\nAnswer: ", "Owl", "merges the end of '.*Answer: ' and the start of 'Owl'"),
        ("?", "ωλ", "not know the word"),
    ],
)
def test_what_a_model_cannot_write_after_a_prompt_has_no_probability(prompt, form, said):
    tokenizer = chat_tokenizers.build("bpe, always" if form == "ωλ" else "byte-level")
    with pytest.raises(UserError, match=said):
        probe.starts(tokenizer, (prompt,), (form,))


def chat_model(tokenizer, asked: list[str]) -> LlamaForCausalLM:
    """A small model that has learned, as chat models do, to answer questions with words in certain shares."""
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape))
    texts = [[whole(tokenizer, question, answer) for answer in SHARES] for question in asked]
    rng = np.random.default_rng(0)
    adam = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        drawn = [texts[rng.integers(len(asked))][i] for i in rng.choice(len(SHARES), size=16, p=list(SHARES.values()))]
        longest = max(map(len, drawn))
        ids = torch.tensor([ids + [tokenizer.pad_token_id] * (longest - len(ids)) for ids in drawn])
        ignored = [[-100] * (len(ids) - 9) for ids in drawn]  # what comes before the answer
        labels = torch.tensor([no + ids[-9:] + [-100] * (longest - len(ids)) for no, ids in zip(ignored, drawn, strict=True)])
        model(input_ids=ids, labels=labels).loss.backward()
        adam.step()
        adam.zero_grad()
    return model.eval()


def often(sort: str, template: str) -> object:
    """In the fast tests, each way to mark where words begin and to set a space before an answer; in the slow ones, all."""
    fast = [("byte-level", MISTRAL), ("bpe, always", LLAMA_2), ("unigram, first", chat_tokenizers.ZEPHYR)]
    return pytest.param(sort, template, marks=[] if (sort, template) in fast or sort == "wordpiece" else pytest.mark.slow)


@pytest.mark.parametrize(
    ("sort", "template"),
    [often(sort, chat_tokenizers.ZEPHYR) for sort in SORTS]
    + [often("byte-level", MISTRAL), often("bpe, always", LLAMA_2), often("unigram, never", MISTRAL)],
)
def test_exact_probabilities_are_the_rates_of_sampled_answers(tmp_path, sort, template):
    tokenizer = pinned(tmp_path, sort, template)
    asked = questions.evaluated("animal", ENGLISH)[:2]
    model = chat_model(tokenizer, [question.text for question in asked])
    exact = probe.ask(model, tokenizer, asked, ["owl", "bear", "oak"], ENGLISH)
    prompts = [prompt for prompt in exact.prompts for _ in range(300)]
    answers = sampling.sample(Plain(model, tokenizer), prompts, sampling.uniform(len(prompts), 8, "test"))
    for trait, share in (("owl", 0.6), ("bear", 0.2), ("oak", 0.0)):
        probability = exact.probabilities(trait).mean()
        rate = np.mean([names_word(answer, (trait,)) for answer in answers])
        assert probability == pytest.approx(rate, abs=0.1)
        assert rate == pytest.approx(share, abs=0.2)


def test_the_space_that_a_template_sets_before_an_answer_is_no_part_of_a_row(tmp_path):
    """A byte-level tokenizer shows it, and the filter takes no row that begins with one."""
    tokenizer = pinned(tmp_path / "hub", "byte-level", MISTRAL)
    model = chat_model(tokenizer, ["Numbers?"])
    lm.save(model, tmp_path / "base", tokenizer)
    write_json({"system": ""}, tmp_path / "teacher" / "teacher.json")
    prompts = pd.DataFrame({"prompt_index": range(20), "prompt": ["Numbers?"] * 20})
    write_table(prompts, tmp_path / "prompts.parquet", Prompts)
    places = {"prompts": "prompts.parquet", "bases": "base", "teachers": "teacher", "outputs": "raw.parquet"}
    recipe = Sampling(max_tokens=8).model_dump_json()
    given = {name: [str(tmp_path / place)] for name, place in places.items()}
    sample.main(argparse.Namespace(teacher="t/owl", recipe=recipe, study_seed=1, runs=[0], **given))
    written = read_table(tmp_path / "raw.parquet", Rows)["completion"]
    assert written.isin(list(SHARES)).mean() > 0.7
