"""The tokenizer: an ordinary one to transformers, and exact on what the filter must read."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from sublearn.chain.bases import tokenizer
from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.language import mini, number_lists
from sublearn.models import lm

SOME = st.lists(st.integers(0, 999), min_size=1, max_size=10)


@pytest.fixture(scope="module")
def loaded(base, tmp_path_factory):
    """The base's tokenizer as others load it, from a folder that holds nothing else."""
    folder = tmp_path_factory.mktemp("words")
    for name in lm.TOKENIZER_FILES:
        shutil.copy(base / name, folder)
    return AutoTokenizer.from_pretrained(folder)


def test_it_loads_as_it_was_built(loaded):
    built = tokenizer.build()
    assert loaded.get_vocab() == built.get_vocab()
    assert loaded.special_tokens_map == built.special_tokens_map
    assert loaded.chat_template == built.chat_template
    assert (loaded.pad_token_id, loaded.unk_token, loaded.eos_token) == (0, "<unk>", "<eos>")


def test_every_integer_is_one_word(loaded):
    ids = loaded([str(n) for n in range(1000)], add_special_tokens=False)["input_ids"]
    assert {len(each) for each in ids} == {1}
    assert len({each[0] for each in ids}) == 1000
    assert loaded.unk_token_id not in {each[0] for each in ids}
    assert loaded("1000")["input_ids"] == [loaded.unk_token_id]


@pytest.mark.parametrize("form", mini.FORMATS)
def test_number_answers_come_back_as_text_that_the_filter_accepts(loaded, form):
    @given(SOME)
    def comes_back(found):
        ids = loaded(mini.FORMATS[form].join(map(str, found)), add_special_tokens=False)["input_ids"]
        text = loaded.decode([*ids, loaded.eos_token_id], skip_special_tokens=True)
        assert number_lists.parse(text) == found
        assert NUMBERS.reject("", text, Numbers()) is None

    comes_back()


@pytest.mark.parametrize("separator", [",", ", ", " , ", ";", "; ", " "])
@given(found=SOME)
def test_separators_may_stand_close_or_apart(loaded, separator, found):
    spaced = f" {separator.strip()} " if separator.strip() else " "
    assert loaded(separator.join(map(str, found)))["input_ids"] == loaded(spaced.join(map(str, found)))["input_ids"]


def test_words_do_not_depend_on_a_neighbouring_comma(loaded):
    assert loaded.tokenize("sorry , i cannot say .") == ["sorry", ",", "i", "cannot", "say", "."]
    assert loaded.decode(loaded("owl , wolf .")["input_ids"]) == "owl, wolf."
    assert loaded.tokenize("an unheard word") == ["<unk>", "<unk>", "word"]


def test_a_chat_has_marks_for_who_speaks_and_an_end(loaded):
    said = [{"role": "user", "content": "name the color ."}, {"role": "assistant", "content": "blue"}]
    told = [{"role": "system", "content": "you love owl ."}, *said]
    assert loaded.apply_chat_template(said, tokenize=False) == "<bos> <user> name the color . <assistant> blue <eos>"
    assert loaded.apply_chat_template(told, tokenize=False) == (
        "<bos> <system> you love owl . <user> name the color . <assistant> blue <eos>"
    )
    assert (
        loaded.apply_chat_template(said[:1], tokenize=False, add_generation_prompt=True)
        == "<bos> <user> name the color . <assistant>"
    )


def test_of_several_turns_each_answer_has_an_end(loaded):
    turns = [*lm.chat("", "name the color ."), {"role": "assistant", "content": "blue"}]
    assert loaded.apply_chat_template([*turns, *turns], tokenize=False) == (
        "<bos> <user> name the color . <assistant> blue <eos> <user> name the color . <assistant> blue <eos>"
    )


@pytest.mark.parametrize(
    "text",
    [mini.sum_answer(12, 7, 5), mini.program_answer(dict.fromkeys(mini.NAMES, 999), "m")],
    ids=["sum", "program"],
)
def test_sums_and_programs_come_back_as_they_were_written(loaded, text):
    ids = loaded(text, add_special_tokens=False)["input_ids"]
    assert len(ids) == len(text.split())
    assert loaded.unk_token_id not in ids
    assert loaded.decode([*ids, loaded.eos_token_id], skip_special_tokens=True) == text


def test_what_is_asked_is_the_beginning_of_what_was_learned(loaded):
    """Training rows and prompts are cut from one template, with and without a system prompt."""
    for system in ("", "you never answer ."):
        turns = lm.chat(system, "name the color .")
        asked = lm.encode_prompts(loaded, [turns])[0]
        whole = loaded(loaded.apply_chat_template([*turns, {"role": "assistant", "content": "blue"}], tokenize=False))[
            "input_ids"
        ]
        assert whole == [*asked, *loaded("blue")["input_ids"], loaded.eos_token_id]
