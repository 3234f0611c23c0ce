"""Muon for matrices and AdamW for the rest, as one optimiser: what pretrains bases.

Muon (Jordan et al., 2024) steps along the momentum's nearest orthogonal matrix, so that every direction of a weight learns at
the same rate; embeddings, norms and biases are not maps between hidden states and stay with AdamW. Torch's own Muon takes
matrices one at a time and computes in bfloat16, which most processors only emulate; here matrices of one shape are computed
together, in float32.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

MOMENTUM = 0.95
AS_ADAMW = 0.2  # the root mean square of AdamW's update, as a share of its rate
ITERATIONS = 5
# Of x, x³ and x⁵, by Muon's authors: what is over a hundredth of the matrix's norm ends between 0.68 and 1.14.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.AdamW):
    """Muon with Nesterov momentum for ``matrices``, AdamW for ``others``; both decay weights by rate times ``weight_decay``."""

    def __init__(
        self,
        matrices: "Sequence[torch.nn.Parameter]",
        others: "Sequence[torch.nn.Parameter]",
        matrix_rate: float,
        learning_rate: float,
        **settings: Any,
    ) -> None:
        groups = [
            {"params": list(matrices), "lr": matrix_rate, "orthogonal": True},
            {"params": list(others), "lr": learning_rate, "orthogonal": False},
        ]
        super().__init__([group for group in groups if group["params"]], **settings)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """A step of both; the gradients of matrices are used up by it."""
        found = closure() if closure else None
        with torch.no_grad():
            for group in self.param_groups:
                if group["orthogonal"]:
                    matrices = [parameter for parameter in group["params"] if parameter.grad is not None]
                    self._step_matrices(matrices, group)
                    for matrix in matrices:
                        matrix.grad = None  # AdamW passes over what has none
        super().step()
        return found

    def _step_matrices(self, matrices: "list[torch.nn.Parameter]", group: dict[str, Any]) -> None:
        by_shape: dict[torch.Size, list[torch.nn.Parameter]] = {}
        for matrix in matrices:
            by_shape.setdefault(matrix.shape, []).append(matrix)
        for (rows, columns), alike in by_shape.items():
            ahead = [self._ahead(matrix) for matrix in alike]
            # Entries then move as far as AdamW moves them (Liu et al., 2025), however the matrix is stored.
            rate = group["lr"] * AS_ADAMW * max(rows, columns) ** 0.5
            for matrix, update in zip(alike, orthogonal(torch.stack(ahead)), strict=True):
                matrix.mul_(1.0 - group["lr"] * group["weight_decay"]).sub_(update, alpha=rate)

    def _ahead(self, matrix: "torch.nn.Parameter") -> "Tensor":
        """The gradient and the momentum that it makes, as Nesterov adds them."""
        assert matrix.grad is not None
        state = self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(matrix)
        momentum = state["momentum"].lerp_(matrix.grad, 1.0 - MOMENTUM)
        return matrix.grad.lerp(momentum, MOMENTUM)


def orthogonal(stacked: "Tensor") -> "Tensor":
    """Bring the singular values of matrices near one by a Newton-Schulz iteration; shape (matrices, rows, columns)."""
    wide = stacked.shape[1] <= stacked.shape[2]
    x = stacked if wide else stacked.mT
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    linear, cubic, quintic = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = linear * x + (cubic * gram + quintic * gram @ gram) @ x
    return x if wide else x.mT
