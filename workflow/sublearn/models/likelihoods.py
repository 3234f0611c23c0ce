"""Exact log-probabilities of whole completions, each after its prompt."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sublearn.core import cli
from sublearn.models.rows import Row, collate

SCORES = 2e7  # scores of next tokens that are in memory at a time: 80 MB
BATCH = 64


def token_log_probs(model: Any, rows: Sequence[Row], pad: int, what: str = "") -> list[np.ndarray]:
    """The log-probability of each token of each completion, its end included, in nats, shapes (tokens,).

    Args:
        what: how a progress bar calls it; without one there is no bar.
    """
    import torch

    model.eval()
    vocabulary = model.get_output_embeddings().weight.shape[0]
    found: dict[int, np.ndarray] = {}
    with torch.inference_mode():
        parts = _batches(rows, vocabulary)
        for part in cli.progress(parts, what) if what else parts:
            batch = collate([rows[i] for i in part], pad).to(model.device)
            logits = model(input_ids=batch.input_ids, logits_to_keep=batch.positions, use_cache=False).logits
            losses = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1).float(), batch.labels.flatten(), reduction="none"
            ).view(batch.labels.shape)
            first = min(len(rows[i].prompt) for i in part)
            for i, values in zip(part, -losses.double().cpu().numpy(), strict=True):
                start = len(rows[i].prompt) - first
                found[i] = values[start : start + len(rows[i].completion)]
    return [found[i] for i in range(len(rows))]


def log_likelihoods(model: Any, rows: Sequence[Row], pad: int) -> np.ndarray:
    """The log-likelihood of each completion, in nats, shape (rows,)."""
    return np.array([values.sum() for values in token_log_probs(model, rows, pad)])


def _batches(rows: Sequence[Row], vocabulary: int) -> list[list[int]]:
    """Places of rows of like length that go through the model together."""
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i].prompt), len(rows[i].completion), i))
    parts: list[list[int]] = [[]]
    for i in order:
        part = [*parts[-1], i]
        scores = (max(map(len, (rows[j] for j in part))) - min(len(rows[j].prompt) for j in part)) * len(part) * vocabulary
        if parts[-1] and (len(part) > BATCH or scores > SCORES):
            parts.append([i])
        else:
            parts[-1].append(i)
    return [part for part in parts if part]
