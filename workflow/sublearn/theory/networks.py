"""Perceptrons whose parameters form one vector, so that many sets of parameters are evaluated at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

ACTIVATIONS = {"tanh": torch.tanh, "gelu": torch.nn.functional.gelu, "relu": torch.relu}
BIAS = 0.1  # standard deviation of a new network's biases


@dataclass(frozen=True)
class Network:
    """The shape of a perceptron: the widths of all layers, from inputs to outputs, and the activation between them."""

    sizes: tuple[int, ...]
    activation: str

    def __call__(self, theta: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """Outputs (..., rows, outputs) for parameters (..., P) and inputs (..., rows, inputs), or (rows, inputs) for all."""
        values = inputs
        for i, (weight, bias) in enumerate(self._layers(theta)):
            values = values @ weight + bias.unsqueeze(-2)
            if i < len(self.sizes) - 2:
                values = ACTIVATIONS[self.activation](values)
        return values

    def _layers(self, theta: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        at = 0
        for inputs, outputs in pairwise(self.sizes):
            weight = theta[..., at : at + inputs * outputs].unflatten(-1, (inputs, outputs))
            at += inputs * outputs
            yield weight, theta[..., at : at + outputs]
            at += outputs

    @property
    def parameters(self) -> int:
        """The number of parameters, P."""
        return sum((inputs + 1) * outputs for inputs, outputs in pairwise(self.sizes))

    def draw(self, rng: np.random.Generator) -> torch.Tensor:
        """A start, shape (P,): weights from N(0, 1 / inputs of the layer), small biases."""
        parts = []
        for inputs, outputs in pairwise(self.sizes):
            parts += [normal(rng, inputs * outputs) / inputs**0.5, normal(rng, outputs) * BIAS]
        return torch.cat(parts)

    def without_biases(self, theta: torch.Tensor) -> torch.Tensor:
        """A copy of the parameters with all biases set to zero."""
        bare = theta.clone()
        for _, bias in self._layers(bare):
            bias.zero_()
        return bare


def normal(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """Standard normal numbers in float64."""
    return torch.from_numpy(rng.standard_normal(shape))
