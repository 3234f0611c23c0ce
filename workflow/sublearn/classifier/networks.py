"""Many perceptrons as one batch of weights: one batched matrix product computes a layer of all networks."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from sublearn.classifier.section import CLASSES
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_arrays, write_arrays
from sublearn.core.seeds import generator

AT_ONCE = 2**19  # weights that a CPU trains at once, as a number of floats: they fit into its cache


@dataclass
class Networks:
    """N networks of one shape, with ReLU between layers: by layer, weights (N, inputs, outputs) and biases (N, 1, outputs)."""

    weights: list[torch.Tensor]
    biases: list[torch.Tensor]

    def __len__(self) -> int:
        return len(self.weights[0])

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits (N, B, 10 + m), class logits first, for inputs (N, B, pixels), or (B, pixels) for all networks alike."""
        values = inputs if inputs.dim() == 3 else inputs.expand(len(self), *inputs.shape)
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, values, weight)
            if i < last:
                values = values.relu_()  # in place: the product's gradient does not need its output
        return values

    def parameters(self) -> list[torch.Tensor]:
        return [*self.weights, *self.biases]

    def part(self, runs: slice, device: str = "cpu") -> "Networks":
        """Copies of some of the networks."""
        copies = [[tensor[runs].to(device, copy=True) for tensor in tensors] for tensors in (self.weights, self.biases)]
        return Networks(*copies)

    def put(self, runs: slice, part: "Networks") -> None:
        """Write networks that ``part`` copied back to their place."""
        for target, source in zip(self.parameters(), part.parameters(), strict=True):
            target[runs] = source.detach().cpu()

    def paired(self, order: list[int]) -> "Networks":
        """The networks in another order."""
        return Networks([w[order] for w in self.weights], [b[order] for b in self.biases])

    @property
    def size(self) -> int:
        """Parameters of one network."""
        return sum(tensor[0].numel() for tensor in self.parameters())


def draw(study_seed: int, name: str, pixels: int, hidden: list[int], auxiliary: int, runs: int) -> Networks:
    """Draw untrained networks: weights from N(0, 1 / inputs), biases zero; each layer of each run has its own key."""
    sizes = [pixels, *hidden, CLASSES + auxiliary]
    weights, biases = [], []
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        drawn = [
            generator("classifier base", study_seed, name, run, layer).standard_normal((inputs, outputs), dtype=np.float32)
            for run in range(runs)
        ]
        weights.append(torch.from_numpy(np.stack(drawn)) / inputs**0.5)
        biases.append(torch.zeros(runs, 1, outputs))
    return Networks(weights, biases)


def shared(teacher: Networks, other: Networks, share: str) -> Networks:
    """A student's start: the teacher's initial weights in the shared layers, the other network's in the rest.

    Args:
        share: ``everything``, ``head`` (the output layer), ``body`` (all other layers) or ``nothing``.
    """
    heads = {"everything": True, "head": True, "body": False, "nothing": False}
    bodies = {"everything": True, "head": False, "body": True, "nothing": False}
    body, head = (teacher if bodies[share] else other), (teacher if heads[share] else other)
    return Networks([*body.weights[:-1], head.weights[-1]], [*body.biases[:-1], head.biases[-1]])


def on(device: str) -> str:
    """Prepare this process to work on a device, and return the device: for ``auto`` a GPU where there is one."""
    cli.keep_to_threads()
    return "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"


def groups(networks: Networks, device: str = "cpu") -> Iterable[slice]:
    """Groups of networks that are trained at once: all on a GPU; few on a CPU, so that they fit into its cache."""
    step = max(1, AT_ONCE // networks.size) if device == "cpu" else len(networks)
    return (slice(start, min(start + step, len(networks))) for start in range(0, len(networks), step))


def save(networks: Networks, path: str | Path) -> None:
    tensors = {"weight": networks.weights, "bias": networks.biases}
    write_arrays(
        {f"layers.{i}.{kind}": t.detach().cpu().numpy() for kind, ts in tensors.items() for i, t in enumerate(ts)}, path
    )


def load(path: str | Path) -> Networks:
    """Networks from a file that ``save`` wrote.

    Raises:
        UserError: the file is missing, damaged, or holds something else.
    """
    arrays = read_arrays(path)
    if not arrays or set(arrays) != {f"layers.{i}.{kind}" for i in range(len(arrays) // 2) for kind in ("weight", "bias")}:
        raise UserError(f"{path}: holds {', '.join(sorted(arrays)) or 'nothing'}, not networks; delete it and run again.")
    return Networks(
        *([torch.from_numpy(arrays[f"layers.{i}.{kind}"]) for i in range(len(arrays) // 2)] for kind in ("weight", "bias"))
    )
