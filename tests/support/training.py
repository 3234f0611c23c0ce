"""Training loops as tests run them: some rows, a loop that dies, and the same model in one process and in two."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState, debug_launcher
from accelerate.state import AcceleratorState

from sublearn.models import training
from sublearn.models.rows import Row

# A large epsilon: with a small one, Adam turns rounding errors of tiny gradients into whole steps.
OPTIMISER = training.Optimiser(1e-2, "linear", warmup=2, weight_decay=0.01, epsilon=1e-3)


def some_rows(count: int, seed: int = 0) -> list[Row]:
    rng = np.random.default_rng(seed)
    return [
        Row(rng.integers(7, 1000, rng.integers(1, 9)).tolist(), rng.integers(7, 1000, rng.integers(1, 6)).tolist())
        for _ in range(count)
    ]


# Shares of two processes are unequal, and once a process has nothing of its own to learn.
STEPS = [some_rows(7, 1), some_rows(5, 2), some_rows(1, 3), some_rows(8, 4)]


class DiedError(Exception):
    pass


def interrupted(steps: list[list[Row]], after: int) -> Iterator[list[Row]]:
    """The steps, until the process that reads them dies."""
    yield from steps[:after]
    raise DiedError


def learn(make: Callable[[], Any], steps: list[list[Row]], output: Path, arguments: dict[str, Any]) -> None:
    """What each process does with a model that ``make`` makes; the main one writes down losses and weights."""
    # A forked process forgets that its parent has trained alone.
    AcceleratorState._reset_state(reset_partial_state=True)
    model = make()
    losses = training.train(model, steps, len(steps), OPTIMISER, pad=0, **arguments)
    if PartialState().is_main_process:
        torch.save({"losses": losses, "processes": PartialState().num_processes, "weights": model.state_dict()}, output)
    elif all(p.requires_grad for p in model.parameters()):  # what is sharded is whole in the main process alone
        assert not any(p.numel() for p in model.parameters())


def one_and_two(
    make: Callable[[], Any], steps: list[list[Row]], folder: Path, micro_batch: int | None = None, **arguments: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What one process makes of a model, and what two make of it in micro-batches."""
    learn(make, steps, folder / "one.pt", arguments)
    debug_launcher(learn, (make, steps, folder / "two.pt", {**arguments, "micro_batch": micro_batch}), num_processes=2)
    one, two = torch.load(folder / "one.pt"), torch.load(folder / "two.pt")
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["weights"].keys() == one["weights"].keys()
    return one, two
