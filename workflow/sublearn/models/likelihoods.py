"""Exact log-probabilities of whole completions, each after its prompt.

Rows of one length go through the model together, so none is padded.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sublearn.models.rows import IGNORED, Row, collate

AT_ONCE = 64  # rows of one forward pass


def of_rows(model: Any, rows: Sequence[Row], pad: int) -> np.ndarray:
    """The log-probability of each row's completion, the token that ends it included, in nats, shape (rows,), in float64.

    Args:
        pad: any token of the model; nothing is padded.
    """
    import torch

    by_length: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(i)
    found = np.zeros(len(rows))
    model.eval()
    with torch.inference_mode():
        for places in by_length.values():
            for start in range(0, len(places), AT_ONCE):
                part = places[start : start + AT_ONCE]
                batch = collate([rows[i] for i in part], pad).to(model.device)
                logits = model(input_ids=batch.input_ids, logits_to_keep=batch.positions, use_cache=False).logits
                losses = torch.nn.functional.cross_entropy(
                    logits.flatten(0, 1).float(), batch.labels.flatten(), reduction="none", ignore_index=IGNORED
                )
                found[part] = -losses.double().reshape(len(part), -1).sum(dim=1).cpu().numpy()
    return found
