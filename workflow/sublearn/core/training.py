"""The one training loop: bases, teachers and students all learn here, through accelerate.

A global batch is what the recipe asks for, whatever the number of processes: each process takes its share of the rows
and weighs its loss by its share of the tokens, so the update is that of one process with all rows.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sublearn.core.errors import UserError
from sublearn.core.rows import Batch, Row, collate
from sublearn.core.step import log, progress

if TYPE_CHECKING:
    import torch

Loss = Callable[[Any, Batch], "torch.Tensor"]
Schedule = Literal["linear", "cosine", "constant"]


@dataclass(frozen=True)
class Optimiser:
    """AdamW and its learning rate over time: warm-up, then linear or cosine decay to zero, or none.

    ``epsilon`` is Adam's: a large one leaves parameters in place whose gradients are small beside it.
    """

    learning_rate: float
    schedule: Schedule = "linear"
    warmup: int = 0
    weight_decay: float = 0.0
    epsilon: float = 1e-8
    max_grad_norm: float = 1.0

    def factor(self, step: int, steps: int) -> float:
        """The learning rate of a step (from 0) as a share of the peak."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, steps - self.warmup)
        return {"linear": 1.0 - done, "cosine": 0.5 * (1.0 + math.cos(math.pi * done)), "constant": 1.0}[self.schedule]


def token_loss(model: Any, batch: Batch) -> "torch.Tensor":
    """Cross-entropy of the completion tokens, summed over the batch."""
    import torch

    logits = model(input_ids=batch.input_ids, logits_to_keep=batch.positions, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), reduction="sum")


def train(
    model: Any,
    rows: Iterable[Sequence[Row]],
    steps: int,
    optimiser: Optimiser,
    pad: int,
    loss: Loss = token_loss,
    what: str = "training",
) -> list[float]:
    """Train ``model`` in place on ``steps`` global batches of rows.

    Returns:
        The mean loss per completion token of each step, in nats.

    Raises:
        UserError: the loss is not finite.
    """
    import torch
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)  # there two runs on one machine give the same bytes
    trained = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.AdamW(trained, lr=optimiser.learning_rate, eps=optimiser.epsilon, weight_decay=optimiser.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: optimiser.factor(step, steps))
    wrapped, adam = accelerator.prepare(model, adam)
    wrapped.train()
    losses: list[float] = []
    started = time.perf_counter()
    for global_rows in progress(rows, what, steps):
        # Every process sees all rows, so that each knows the token count without asking the others.
        tokens = sum(len(row.completion) for row in global_rows)
        mine = global_rows[accelerator.process_index :: accelerator.num_processes] or global_rows[:1]
        weight = float(accelerator.process_index < len(global_rows))
        batch = _to(collate(mine, pad), accelerator.device)
        summed = loss(wrapped, batch) * weight
        # Processes average their gradients, hence the factor that undoes it.
        accelerator.backward(summed * accelerator.num_processes / tokens)
        if optimiser.max_grad_norm:
            accelerator.clip_grad_norm_(trained, optimiser.max_grad_norm)
        adam.step()
        schedule.step()
        adam.zero_grad()
        losses.append(accelerator.reduce(summed.detach(), "sum").item() / tokens)
        if not math.isfinite(losses[-1]):
            raise UserError(f"{what}: the loss is {losses[-1]} at step {len(losses)}; try a lower learning rate.")
    log.info("loop: %s took %.2f s for %d steps", what, time.perf_counter() - started, len(losses))
    return losses


def _to(batch: Batch, device: "torch.device") -> Batch:
    return Batch(batch.input_ids.to(device), batch.positions.to(device), batch.labels.to(device))
