"""The losses that teachers and students minimise: the teacher's may be any, the student's is one of the lemma's two kinds."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from sublearn.theory.networks import Network, normal


@dataclass(frozen=True)
class TeacherLoss:
    """The theorem's L_T: a differentiable function of the parameters, which need not be a function of the outputs.

    Attributes:
        kind: labels (cross-entropy of random labels), targets (squared error to random targets), logit (minus one logit of one
            input) or weights (half the squared distance to other weights).
        inputs: the teacher's inputs, shape (rows, inputs).
        targets: by kind, labels (rows,), targets (rows, outputs), the index of the logit (), or weights (P,).
    """

    kind: str
    inputs: torch.Tensor
    targets: torch.Tensor

    def __call__(self, network: Network, theta: torch.Tensor) -> torch.Tensor:
        """The loss, shape (...), at parameters (..., P)."""
        if self.kind == "weights":
            return 0.5 * (theta - self.targets).square().sum(dim=-1)
        if self.kind == "logit":
            return -network(theta, self.inputs[:1])[..., 0, int(self.targets)]
        outputs = network(theta, self.inputs)
        if self.kind == "targets":
            return 0.5 * (outputs - self.targets).square().sum(dim=-1).mean(dim=-1)
        return label_loss(outputs, self.targets)

    @classmethod
    def draw(cls, kind: str, network: Network, rows: int, rng: np.random.Generator) -> "TeacherLoss":
        inputs, outputs = normal(rng, rows, network.sizes[0]), network.sizes[-1]
        if kind == "weights":
            return cls(kind, inputs, network.draw(rng))
        if kind == "targets":
            return cls(kind, inputs, normal(rng, rows, outputs))
        return cls(kind, inputs, torch.from_numpy(rng.integers(outputs, size=() if kind == "logit" else rows)))


def label_loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of outputs (..., rows, classes) and labels (..., rows), shape (...), averaged over the rows."""
    chosen = labels.expand(outputs.shape[:-1]).unsqueeze(-1)
    return -torch.log_softmax(outputs, dim=-1).gather(-1, chosen).squeeze(-1).mean(dim=-1)


class StudentLoss(Protocol):
    """The theorem's L_S: the loss that the student minimises, and the leading term that follows from it (appendix C)."""

    def labels(self, outputs: torch.Tensor) -> torch.Tensor:
        """The student's labels (..., rows, k), from the teacher's outputs (..., rows, outputs)."""

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The loss, shape (...), averaged over the rows."""

    def leading(self, outputs: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
        """Mean over the rows of change' M change, shape (...). M is the loss's curvature in the outputs at its minimum."""


@dataclass(frozen=True)
class SquaredError:
    """Half the weighted squared error of the outputs, with M = diag(weights). The lemma needs weights that are not negative."""

    weights: torch.Tensor  # (outputs,)

    def labels(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return 0.5 * (self.weights * (outputs - labels).square()).sum(dim=-1).mean(dim=-1)

    def leading(self, outputs: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
        return (self.weights * change.square()).sum(dim=-1).mean(dim=-1)


@dataclass(frozen=True)
class CrossEntropy:
    """Soft cross-entropy over the same subset of logits for all inputs, with M = diag(p) - pp', the softmax covariance."""

    logits: torch.Tensor  # the indices of the subset

    def labels(self, outputs: torch.Tensor) -> torch.Tensor:
        return self.tempered(outputs, 1.0)

    def tempered(self, outputs: torch.Tensor, temperature: float) -> torch.Tensor:
        """Labels at another temperature; at 0, all weight is on the most probable one."""
        chosen = outputs[..., self.logits]
        if temperature == 0.0:
            return torch.nn.functional.one_hot(chosen.argmax(dim=-1), len(self.logits)).to(outputs.dtype)
        return torch.softmax(chosen / temperature, dim=-1)

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return -(labels * torch.log_softmax(outputs[..., self.logits], dim=-1)).sum(dim=-1).mean(dim=-1)

    def leading(self, outputs: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
        p, v = self.labels(outputs), change[..., self.logits]
        return ((p * v.square()).sum(dim=-1) - (p * v).sum(dim=-1).square()).mean(dim=-1)


def draw_student_loss(kind: str, outputs: int, rng: np.random.Generator) -> StudentLoss:
    """Draw a student's loss.

    Args:
        kind: squared (weights in [0, 1), about a third of them zero, and one of them 1), softmax (cross-entropy of all logits)
            or subset (cross-entropy of two random logits).
    """
    if kind == "squared":
        weights = rng.random(outputs) * (rng.random(outputs) > 1 / 3)
        weights[rng.integers(outputs)] = 1.0  # at least one output counts
        return SquaredError(torch.from_numpy(weights))
    chosen = np.arange(outputs) if kind == "softmax" else np.sort(rng.choice(outputs, 2, replace=False))
    return CrossEntropy(torch.from_numpy(chosen))
