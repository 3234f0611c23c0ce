"""Log-probabilities of whole completions."""

import pytest

from sublearn.models import likelihoods, lm, log_probs
from sublearn.models.rows import encode

ROWS = [("what is your favorite animal ?", "owl"), ("numbers : 1 , 2 .", "3 , 4 , 5"), ("name your favorite tree .", "oak")]


def test_a_completion_is_as_likely_as_its_tokens_are_one_after_another(model, tokenizer):
    rows = encode(tokenizer, [lm.chat("", prompt) for prompt, _ in ROWS], [completion for _, completion in ROWS])
    found = likelihoods.log_likelihoods(model, rows, tokenizer.pad_token_id)
    for row, value in zip(rows, found, strict=True):
        begun = [row.prompt + row.completion[:place] for place in range(len(row.completion))]
        steps = log_probs.next_token(model, begun)
        expected = sum(float(steps[place, token]) for place, token in enumerate(row.completion))
        assert value == pytest.approx(expected, abs=1e-4)
    assert tokenizer.eos_token_id in rows[0].completion  # where an answer ends counts, too
