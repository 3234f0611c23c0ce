"""Alignment: how far a student's step goes where its teacher went, in effective weights.

Effective weights are those of a LoRA model with the adapter merged in. The cosine of a student's first update with its
teacher's displacement is what Madl (2026) calls coverage and proposes as a screen before training.
"""

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sublearn.models.rows import Row, collate
from sublearn.models.training import Optimiser

if TYPE_CHECKING:
    import torch


def effective(model: Any) -> "torch.Tensor":
    """All weights as one vector, an adapter merged in; names in order, so that vectors of one shape can be compared."""
    import torch

    merged = copy.deepcopy(model).merge_and_unload() if hasattr(model, "merge_and_unload") else model
    return torch.cat([p.detach().double().flatten() for _, p in sorted(merged.named_parameters())])


def cosine(a: "torch.Tensor", b: "torch.Tensor") -> float:
    """The cosine of two vectors; NaN where one is zero."""
    return float(a @ b / (a.norm() * b.norm()))


def first_updates(
    model: Any, rows: Sequence[Row], loss: Callable[..., "torch.Tensor"], pad: int, batch: int, optimiser: Optimiser
) -> "dict[str, torch.Tensor]":
    """The change of effective weights by one step from the gradient of all rows, clipped as the optimiser clips it.

    Returns:
        ``update``: the optimiser's own first step at its peak rate, without weight decay. AdamW's is
        ``-rate * g / (|g| + epsilon)`` (its moments are ``g`` and ``g²`` after bias correction), plain gradient descent's
        ``-rate * g``. ``gradient``: the step along the plain gradient. Each has shape (parameters,).
    """
    import torch

    trained = [p for p in model.parameters() if p.requires_grad]
    tokens = sum(len(row.completion) for row in rows)
    for start in range(0, len(rows), batch):
        part = collate(rows[start : start + batch], pad).to(model.device)
        (loss(model, part) / tokens).backward()
    if optimiser.max_grad_norm > 0:
        torch.nn.utils.clip_grad_norm_(trained, optimiser.max_grad_norm)
    before, starts = effective(model), [p.detach().clone() for p in trained]
    found = {}
    for name in ("gradient", "update"):
        for parameter, start in zip(trained, starts, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            adam = name == "update" and optimiser.kind == "adamw"
            direction = gradient / (gradient.abs() + optimiser.epsilon) if adam else gradient
            parameter.data = start - optimiser.learning_rate * direction
        found[name] = effective(model) - before
    return found
