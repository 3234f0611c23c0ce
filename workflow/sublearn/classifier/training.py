"""The classifier's training loop: N networks side by side, each with its own rows in its own order."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

from sublearn.classifier import networks
from sublearn.classifier.networks import Networks
from sublearn.classifier.section import CLASSES
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import write_json

Batch = tuple[torch.Tensor, torch.Tensor]  # inputs (N, B, pixels); labels (N, B) or logits (N, B, k)
Epochs = Iterable[Iterable[Batch]]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def label_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the class logits, shape (N,), averaged over the batch."""
    scores = logits[..., :CLASSES].transpose(1, 2)
    return torch.nn.functional.cross_entropy(scores, labels, reduction="none").mean(dim=1)


def kl_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """KL divergence of the student's softmax from the teacher's, shape (N,), averaged over the batch."""
    teacher = torch.log_softmax(targets, dim=-1)
    student = torch.log_softmax(logits, dim=-1)
    return (teacher.exp() * (teacher - student)).sum(dim=-1).mean(dim=1)


def squared_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Half the squared difference, summed over the logits, shape (N,), averaged over the batch."""
    return 0.5 * (logits - targets).square().sum(dim=-1).mean(dim=1)


LOSSES: dict[str, Loss] = {"kl": kl_loss, "squared": squared_loss}


def learn(
    started: Networks, epochs: Callable[[slice], Epochs], loss: Loss, logits: slice, recipe: dict[str, Any], output: str
) -> None:
    """Train all networks, group by group, and save them with their losses by epoch in the folder ``output``.

    Args:
        epochs: gives the batches of a group of networks, from the group's slice of all networks.
        logits: the logits that the loss sees.
        recipe: device, optimiser and learning rate.
    """
    history = []
    with cli.timed("training"):
        for group in cli.progress(list(networks.groups(started, recipe["device"])), "training"):
            part = started.part(group, recipe["device"])
            history.append(train(part, epochs(group), loss, logits, recipe["optimiser"], recipe["learning_rate"]))
            started.put(group, part)
    networks.save(started, f"{output}/networks.safetensors")
    losses = [[loss for group in epoch for loss in group] for epoch in zip(*history, strict=True)]
    write_json({"losses": losses}, f"{output}/training.json")


def train(
    trained: Networks, epochs: Epochs, loss: Loss, logits: slice, optimiser: str, learning_rate: float
) -> list[list[float]]:
    """Train the networks in place, each on its own batches; no gradient passes from one to another.

    Returns:
        For each epoch, the mean loss of each network (KL and cross-entropy in nats).

    Raises:
        UserError: a loss is not finite.
    """
    parameters = [tensor.requires_grad_() for tensor in trained.parameters()]
    optimiser_class = torch.optim.Adam if optimiser == "adam" else torch.optim.SGD
    torch_optimiser = optimiser_class(parameters, lr=learning_rate, fused=True)
    history: list[list[float]] = []
    for epoch in epochs:
        totals, count = torch.zeros(len(trained), device=parameters[0].device), 0
        for inputs, targets in epoch:
            losses = loss(trained(inputs)[..., logits], targets)
            torch_optimiser.zero_grad(set_to_none=True)
            losses.sum().backward()
            torch_optimiser.step()
            totals += losses.detach()
            count += 1
        history.append((totals / count).tolist())
        if not all(map(math.isfinite, history[-1])):
            raise UserError(f"the loss is not finite in epoch {len(history)}; try a lower learning rate.")
    for tensor in parameters:
        tensor.requires_grad_(False)
    return history
