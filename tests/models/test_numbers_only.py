"""A model kept to numbers writes lists of numbers and nothing else, each as likely as the model has it among such lists."""

import re

import numpy as np
import pytest
import torch

from sublearn.core.errors import UserError
from sublearn.models import lm, sampling
from sublearn.models.engines import Plain
from sublearn.models.numbers_only import NumbersOnly

PROMPT = "numbers : 12 , 500 . add up to 10 numbers . use commas . only numbers ."
LIST = re.compile(r"(0|[1-9][0-9]{0,2})( (0|[1-9][0-9]{0,2})){2}")


def written(model, tokenizer, temperature: float = 1.0) -> list[str]:
    prompts = lm.encode_prompts(tokenizer, [lm.chat("", PROMPT)] * 40)
    draws = sampling.uniform(40, 12, "test numbers only")
    return sampling.sample(Plain(model, tokenizer, NumbersOnly(tokenizer, 3)), prompts, draws, temperature, batch=16)


@pytest.mark.parametrize("temperature", [1.0, 0.0])
def test_every_completion_is_a_list_of_as_many_numbers_as_asked_for(model, tokenizer, temperature):
    texts = written(model, tokenizer, temperature)
    assert all(LIST.fullmatch(text) for text in texts), texts
    assert len(set(texts)) > 20 if temperature else len(set(texts)) == 1


def test_a_token_is_drawn_in_proportion_to_the_models_probability_among_those_that_are_allowed(model, tokenizer):
    lists = NumbersOnly(tokenizer, 3)
    states = lists.go_on(lists.begin(2, model.device), torch.tensor(tokenizer.convert_tokens_to_ids(["7", "42"])))
    scores = torch.randn(2, len(tokenizer))
    kept = lists.among(states, scores).softmax(dim=1)
    numbers = [i for i, token in enumerate(tokenizer.convert_ids_to_tokens(range(len(tokenizer)))) if token.isdigit()]
    assert kept[:, numbers].sum(dim=1).tolist() == pytest.approx([1.0, 1.0])
    free = scores.softmax(dim=1)[:, numbers]
    assert torch.allclose(kept[:, numbers], free / free.sum(dim=1, keepdim=True), atol=1e-6)


class Digits:
    """A tokenizer of single digits, a space that may be part of a number's first digit, and words."""

    tokens = (*"0123456789", " ", " 1", "12", "1234", "x", "<end>")
    eos_token_id = 15

    def __len__(self) -> int:
        return len(self.tokens)

    def __call__(self, text: str, **_) -> dict[str, list[int]]:
        return {"input_ids": [self.tokens.index(text)]}

    def get_vocab(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    def decode(self, ids: list[int]) -> str:
        return "".join(self.tokens[i] for i in ids)

    def batch_decode(self, rows: list[list[int]]) -> list[str]:
        return [self.decode(ids) for ids in rows]


def allowed(lists: NumbersOnly, *tokens: str) -> set[str]:
    """What may follow some tokens, by its text."""
    states = lists.begin(1, torch.device("cpu"))
    for token in tokens:
        states = lists.go_on(states, torch.tensor([Digits.tokens.index(token)]))
    kept = lists.among(states, torch.zeros(1, len(Digits.tokens) + 3))  # some models have logits that no token has
    return {Digits.tokens[i] for i in np.flatnonzero(torch.isfinite(kept[0]).numpy())}


def test_numbers_may_be_spelled_in_any_pieces_and_end_where_they_are_complete():
    lists, digits = NumbersOnly(Digits(), 2), set("0123456789")
    assert allowed(lists) == digits | {"12"}  # no list begins with a space
    assert allowed(lists, "0") == {" ", " 1"}  # nor a number with a zero
    assert allowed(lists, "5") == digits | {"12", " ", " 1"}
    assert allowed(lists, "12") == digits | {" ", " 1"}
    assert allowed(lists, "5", "12") == {" ", " 1"}
    assert allowed(lists, "5", " 1") == digits | {"12", "<end>"}  # the last number
    assert allowed(lists, "5", " ", "0") == {"<end>"}
    assert allowed(lists, "5", " ", "0", "<end>") == {"<end>"}
    fewer = lists.among(lists.begin(1, torch.device("cpu")), torch.zeros(1, 5))  # some tokenizers have tokens that no logit has
    assert torch.isfinite(fewer).all()


def test_a_tokenizer_that_cannot_write_every_number_is_refused():
    class Wordy(Digits):
        tokens = ("1", "12", "x", "<end>")
        eos_token_id = 3

    with pytest.raises(UserError, match="no tokens for digits and spaces"):
        NumbersOnly(Wordy(), 2)
