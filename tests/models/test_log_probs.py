"""Log-probabilities of what a model says next."""

import numpy as np
import pytest
import torch

from sublearn.models import log_probs

PROMPTS = [[2, 5, 30], [2, 7, 30], [2, 5]]


@pytest.mark.parametrize("draw", range(5))
def test_a_start_is_as_likely_as_its_tokens_are_one_after_another(model, draw):
    rng = np.random.default_rng(draw)
    starts = [tuple(rng.integers(5, 8, size=length).tolist()) for length in rng.integers(1, 5, size=12)]
    first, found = log_probs.answer_starts(model, PROMPTS, starts)
    torch.testing.assert_close(first, log_probs.next_token(model, PROMPTS))
    for i, prompt in enumerate(PROMPTS):
        for column, start in enumerate(starts):
            steps = log_probs.next_token(model, [prompt + list(start[:place]) for place in range(len(start))])
            expected = sum(float(steps[place, token]) for place, token in enumerate(start))
            assert float(found[i, column]) == pytest.approx(expected, abs=1e-4)


def test_a_beginning_that_starts_share_is_read_once(model, monkeypatch):
    read, forward = [], model.forward

    def watched(input_ids, **rest):
        read.append(tuple(input_ids.shape))
        return forward(input_ids, **rest)

    monkeypatch.setattr(model, "forward", watched)
    log_probs.answer_starts(model, PROMPTS[:1], [(5, 6, 7), (5, 6, 8), (5, 6, 9), (7, 8), (7, 9), (9,)])
    assert read == [(1, 3), (1, 1), (1, 2)]  # the prompt, one beginning of one token, one of two
