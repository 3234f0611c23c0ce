"""Alignment: the cosine between a student's first update and its teacher's displacement, in effective weights.

The effective weights of a LoRA model are those with the adapter merged in. Madl (2026) calls this cosine coverage and
proposes it as a screen before training.
"""

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sublearn.models.rows import Row, collate
from sublearn.models.training import Optimiser

if TYPE_CHECKING:
    import torch


def effective(model: Any) -> "torch.Tensor":
    """All weights as one float64 vector, with any adapter merged in; sorted by name, so vectors of one shape are comparable."""
    import torch

    merged = copy.deepcopy(model).merge_and_unload() if hasattr(model, "merge_and_unload") else model
    return torch.cat([p.detach().double().flatten() for _, p in sorted(merged.named_parameters())])


def cosine(a: "torch.Tensor", b: "torch.Tensor") -> float:
    """The cosine of two vectors; NaN if one of them is zero."""
    return float(a @ b / (a.norm() * b.norm()))


def first_updates(
    model: Any, rows: Sequence[Row], loss: Callable[..., "torch.Tensor"], pad: int, batch: int, optimiser: Optimiser
) -> "dict[str, torch.Tensor]":
    """The change in effective weights after one step along the gradient over all rows, clipped as the optimiser clips it.

    Returns:
        ``update``: the optimiser's own first step at its peak rate, without weight decay. For AdamW it is
        ``-rate * g / (|g| + epsilon)`` (its moments are ``g`` and ``g²`` after bias correction), for plain gradient descent
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
    changes = {}
    for name in ("gradient", "update"):
        for parameter, start in zip(trained, starts, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            adam = name == "update" and optimiser.kind == "adamw"
            direction = gradient / (gradient.abs() + optimiser.epsilon) if adam else gradient
            parameter.data = start - optimiser.learning_rate * direction
        changes[name] = effective(model) - before
    return changes
