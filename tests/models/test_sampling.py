"""A completion depends on its prompt and its own draws, and follows the model's probabilities."""

from collections import Counter

import numpy as np
import pytest
import torch
from scipy import stats

from sublearn.core import code_identity
from sublearn.core.errors import UserError
from sublearn.models import lm, sampling
from sublearn.models.engines import Plain

QUESTIONS = [
    "what is your favorite animal ?",
    "numbers : 12 , 500 . add up to 10 numbers . use commas . only numbers .",
    "name the color of the sky .",
]


@pytest.fixture(scope="module")
def asked(tokenizer) -> list[list[int]]:
    """Forty prompts of several lengths."""
    return lm.encode_prompts(tokenizer, [lm.chat("you love owl ." if i % 5 == 0 else "", QUESTIONS[i % 3]) for i in range(40)])


def test_a_completion_does_not_depend_on_its_batch(model, tokenizer, asked):
    draws = sampling.uniform(40, 12, "test sampling")
    together = sampling.sample(Plain(model, tokenizer), asked, draws)
    assert len(set(together)) > 20
    assert sampling.sample(Plain(model, tokenizer), asked, draws, batch=7) == together
    assert sampling.sample(Plain(model, tokenizer), asked, draws, batch=1) == together


def test_a_completion_does_not_depend_on_the_other_prompts(model, tokenizer, asked):
    draws = sampling.uniform(40, 12, "test sampling")
    together = sampling.sample(Plain(model, tokenizer), asked, draws)
    some = [31, 2, 17]
    assert sampling.sample(Plain(model, tokenizer), [asked[i] for i in some], draws[some]) == [together[i] for i in some]


def test_more_prompts_or_tokens_leave_the_first_draws_as_they_were():
    assert np.array_equal(sampling.uniform(9, 7, "x")[:4, :5], sampling.uniform(4, 5, "x"))


def test_no_prompts_have_no_completions(model, tokenizer):
    assert sampling.sample(Plain(model, tokenizer), [], np.zeros((0, 3))) == []


def test_the_first_completions_can_be_looked_at_and_stop_the_rest(model, tokenizer, asked, monkeypatch):
    monkeypatch.setattr(sampling, "FIRST", 12)
    draws = sampling.uniform(40, 12, "test sampling")
    together, seen = sampling.sample(Plain(model, tokenizer), asked, draws), []

    def look(places: list[int], texts: list[str]) -> None:
        seen.append((places, texts))
        if len(seen) == 2:
            raise UserError("enough")

    assert sampling.sample(Plain(model, tokenizer), asked, draws, batch=5, look=look) == together
    [(places, texts)] = seen
    assert len(places) == 15
    assert texts == [together[i] for i in places]
    with pytest.raises(UserError, match="enough"):
        sampling.sample(Plain(model, tokenizer), asked, draws, batch=5, look=look)


def test_at_temperature_zero_each_token_is_the_most_probable(model, tokenizer, asked):
    def greedy(prompt: list[int]) -> str:
        tokens = list(prompt)
        while len(tokens) < len(prompt) + 12 and tokens[-1] != tokenizer.eos_token_id:
            with torch.no_grad():
                tokens.append(int(model(torch.tensor([tokens])).logits[0, -1].argmax()))
        return tokenizer.decode(tokens[len(prompt) :], skip_special_tokens=True)

    draws = sampling.uniform(40, 12, "test sampling")
    assert sampling.sample(Plain(model, tokenizer), asked, draws, temperature=0.0) == [greedy(prompt) for prompt in asked]


@pytest.mark.parametrize(("temperature", "wrong"), [(1.0, 0.7), (0.7, 1.0)])
def test_first_tokens_are_as_frequent_as_they_are_probable(model, tokenizer, asked, temperature, wrong):
    count, prompt = 6000, asked[1]
    draws = sampling.uniform(count, 1, "frequencies")
    texts = Counter(sampling.sample(Plain(model, tokenizer), [prompt] * count, draws, temperature))
    with torch.no_grad():
        logits = model(torch.tensor([prompt])).logits[0, -1].double()

    def p_value(temperature: float) -> float:
        """Chi-square over the texts that should occur ten times or more, and all others together."""
        expected: Counter[str] = Counter()
        for token, probability in enumerate((logits / temperature).softmax(dim=0).tolist()):
            expected[tokenizer.decode([token], skip_special_tokens=True)] += count * probability
        common = [text for text, number in expected.items() if number >= 10]
        assert len(common) > 10
        observed, known = [texts[text] for text in common], [expected[text] for text in common]
        return stats.chisquare([*observed, count - sum(observed)], [*known, count - sum(known)]).pvalue

    assert p_value(temperature) > 1e-3
    assert p_value(wrong) < 1e-9


def test_a_chunk_that_other_code_made_is_made_again(tmp_path, monkeypatch):
    sampling.Chunks(tmp_path, "key").write(0, ["1", "2"])
    assert sampling.Chunks(tmp_path, "key").read(0, 2) == ["1", "2"]
    monkeypatch.setattr(code_identity, "running_step", lambda: "sublearn.chain.carriers.sample")
    assert sampling.Chunks(tmp_path, "key").read(0, 2) is None


def test_a_process_that_is_not_the_main_one_waits_for_nobody(model, tokenizer, asked, tmp_path, monkeypatch):
    """The main process may have put all chunks together and cleared them away before this one looks."""
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    draws = sampling.uniform(len(asked), 4, "test")
    alone = sampling.sample(Plain(model, tokenizer), asked, draws, batch=2)
    found = sampling.sample(Plain(model, tokenizer), asked, draws, batch=2, keep=sampling.Chunks(tmp_path, "key"))
    made = [text for text in found if text]
    assert 0 < len(made) < len(asked)
    assert all(one in ("", other) for one, other in zip(found, alone, strict=True))
