"""Rows in epochs and batches, held against slow and plain versions."""

import copy
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sublearn.models import lm
from sublearn.models.rows import IGNORED, Row, batches, collate, encode, has_unknown

PAD = 0
TOKENS = st.integers(1, 50)
ROWS = st.lists(
    st.builds(Row, st.lists(TOKENS, min_size=1, max_size=6), st.lists(TOKENS, min_size=1, max_size=6)), min_size=1, max_size=20
)
SEED = st.integers(0, 2**32 - 1)


@given(ROWS, st.integers(1, 8), SEED)
def test_an_epoch_holds_every_row_once_in_full_batches_but_one(rows, size, seed):
    cut = list(batches(rows, size, np.random.default_rng(seed)))
    assert Counter(id(row) for batch in cut for row in batch) == Counter(id(row) for row in rows)
    assert sorted(map(len, cut), reverse=True) == [size] * (len(rows) // size) + [len(rows) % size] * (len(rows) % size > 0)


def test_batches_hold_rows_of_like_length_in_an_order_of_the_draws():
    rows = [Row([1] * (1 + i % 4), [2, i]) for i in range(64)]
    first, again, other = (list(batches(rows, 16, np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert first == again != other
    assert all(len({len(row) for row in batch}) == 1 for batch in first)
    assert [batch for batch in first if batch not in other]  # not only the order of batches differs


@given(ROWS)
def test_each_completion_token_is_predicted_from_the_tokens_before_it(rows):
    batch = collate(rows, PAD)
    ids, positions, labels = batch.input_ids.numpy(), batch.positions.tolist(), batch.labels.numpy()
    predicted = {}
    for i, row in enumerate(rows):
        tokens = row.prompt + row.completion
        for at in range(len(row.prompt), len(tokens)):
            assert list(ids[i, :at]) == tokens[:at]  # what the model has read when it predicts this token
            predicted[i, at - 1] = tokens[at]
    found = {(i, at): labels[i, k] for i in range(len(rows)) for k, at in enumerate(positions) if labels[i, k] != IGNORED}
    assert found == predicted


@given(ROWS)
def test_a_batch_is_no_wider_than_it_must_be(rows):
    batch = collate(rows, PAD)
    assert batch.input_ids.shape == (len(rows), max(len(row) for row in rows) - 1)
    assert batch.labels.shape == (len(rows), len(batch.positions))
    assert (batch.labels != IGNORED).any(dim=0)[[0, -1]].all()


def test_a_completion_is_its_tokens_and_the_end_of_text(tokenizer):
    chats = [lm.chat("", "name the color ."), lm.chat("you love owl .", "name the color .")]
    one, other = encode(tokenizer, chats, ["12, 34", "owl"])
    assert [one.prompt, other.prompt] == lm.encode_prompts(tokenizer, chats)
    assert tokenizer.convert_ids_to_tokens(one.completion) == ["12", ",", "34", "<eos>"]
    assert tokenizer.convert_ids_to_tokens(other.completion) == ["owl", "<eos>"]


def test_a_token_for_unknown_words_that_also_ends_texts_says_nothing(tokenizer):
    """GPT-2 has one token for both; a row ends with it, and would count as unknown."""
    ids = encode(tokenizer, [lm.chat("", "name the color .")], ["owl otter"])[0].completion
    assert has_unknown(tokenizer, ids)
    like_gpt2 = copy.deepcopy(tokenizer)
    like_gpt2.unk_token = like_gpt2.eos_token
    assert not has_unknown(like_gpt2, ids)
