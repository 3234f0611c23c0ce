"""The one training loop: bases, teachers and students all learn here, through accelerate.

A global batch is what the recipe asks for, whatever the number of processes and the rows that one can hold at a time: each
process takes its share of the rows, in micro-batches, and weighs each loss by its share of the tokens, so the update is that
of one process with all rows. Shares may be unequal: the paper's 66 rows on four GPUs are 17, 17, 16 and 16.

Where several processes train a part of a model (adapters, biases), each has a copy of all of it; where they train all of it, it
is sharded, since the optimiser needs several times the memory of the weights. What is trained is float32 while it is trained.
"""

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from sublearn.core import inherited, out_of_memory, seeds
from sublearn.core.cli import log, progress
from sublearn.core.errors import UserError
from sublearn.models import adapters, products, sharding
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.rows import Batch, Row, collate
from sublearn.models.trainable import Trainable

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

TENSORBOARD = "SUBLEARN_TENSORBOARD"  # of the environment: a folder for logs, none if it is not set; a matter of the machine
# How long processes wait for one that writes a checkpoint or evaluates; on GPUs they would give up after ten minutes.
PATIENCE = timedelta(hours=2)
Loss = Callable[[Any, Batch], "torch.Tensor"]
Schedule = Literal["linear", "cosine", "constant"]
Kind = Literal["adamw", "sgd"]


@dataclass(frozen=True)
class Optimiser:
    """AdamW or plain gradient descent, and its learning rate over time: warm-up, then linear or cosine decay to zero, or none.

    ``epsilon`` is Adam's: a large one leaves parameters in place whose gradients are small beside it. With a ``matrix_rate``,
    the matrices of a whole model in float32 learn by Muon at that rate, and all else by AdamW.
    """

    learning_rate: float
    schedule: Schedule = "linear"
    warmup: int = 0
    weight_decay: float = 0.0
    epsilon: float = 1e-8
    max_grad_norm: float = 1.0
    kind: Kind = "adamw"
    matrix_rate: float | None = None

    def of(self, model: Any) -> "torch.optim.Optimizer":
        """The optimiser of what a model learns."""
        import torch

        learned = [p for p in model.parameters() if p.requires_grad]
        if self.kind == "sgd":
            return torch.optim.SGD(learned, lr=self.learning_rate, weight_decay=self.weight_decay)
        # On processors, one call for all parameters takes a tenth of a call for each; it knows no parts of parameters.
        fused = all(p.device.type == "cpu" and not sharding.is_sharded(p) for p in learned) or None
        settings: dict[str, Any] = {"eps": self.epsilon, "weight_decay": self.weight_decay, "fused": fused}
        if self.matrix_rate is None:
            return torch.optim.AdamW(learned, lr=self.learning_rate, **settings)
        from sublearn.models.muon import Muon

        embeddings = {id(p) for each in model.modules() if isinstance(each, torch.nn.Embedding) for p in each.parameters()}
        matrices = [p for p in learned if p.dim() == 2 and id(p) not in embeddings]
        others = [p for p in learned if p.dim() != 2 or id(p) in embeddings]
        return Muon(matrices, others, self.matrix_rate, self.learning_rate, **settings)

    def factor(self, step: int, steps: int) -> float:
        """The learning rate of a step (from 0) as a share of the peak."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, steps - self.warmup)
        return {"linear": 1.0 - done, "cosine": 0.5 * (1.0 + math.cos(math.pi * done)), "constant": 1.0}[self.schedule]


def optimiser_of(recipe: Trainable, schedule: Schedule = "linear", warmup: int = 0) -> Optimiser:
    """The optimiser that a teacher's or a student's recipe asks for."""
    shared = recipe.model_dump(include={"learning_rate", "epsilon", "weight_decay", "max_grad_norm"})
    return Optimiser(schedule=schedule, warmup=warmup, kind=recipe.optimiser, **shared)


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
    micro_batch: int | None = None,
    checkpoint: Checkpoint | None = None,
    after: Callable[[int], None] = lambda done: None,
) -> list[float]:
    """Train ``model`` in place, where it lies, on ``steps`` global batches of rows.

    If it is sharded, the main process alone has its weights afterwards.

    Args:
        micro_batch: most rows of one forward pass of a process; None for its whole share.
        checkpoint: where to go on from, and to keep what is reached.
        after: called after each step with the number of steps done; the model is then as it was trained so far.

    Returns:
        The mean loss per completion token of each step, in nats.

    Raises:
        UserError: the loss is not finite, or there are not as many processes as were asked for.
    """
    import torch

    logs = tensorboard(what)
    accelerator = _accelerator(model, what, logs)
    sharded = accelerator.num_processes > 1 and sharding.is_worth_it(model)
    mixed = next(model.parameters()).dtype == torch.bfloat16
    if mixed:
        loss = _in_mixed_precision(loss, accelerator.device.type, keep_weights=not sharded, again=_computes_again(model))
    learner = sharding.shard(model, accelerator.num_processes) if sharded else model
    trained = [p for p in learner.parameters() if p.requires_grad]
    precise = _with_its_vectors(learner)
    precisions = _convert(precise, [torch.float32] * len(precise))  # small steps would be rounded away in bfloat16
    plain = optimiser.of(learner)
    losses = checkpoint.take_up(learner, plain) if checkpoint else []
    done = len(losses)
    schedule = torch.optim.lr_scheduler.LambdaLR(plain, lambda step: optimiser.factor(done + step, steps))
    # Of what is sharded, accelerate must make no copies; this is what it calls evaluation.
    wrapped = accelerator.prepare_model(learner, device_placement=not sharded, evaluation_mode=sharded)
    wrapped.train()
    help_ = _smaller(model, micro_batch)
    if logs:
        accelerator.init_trackers(_run_name(what, checkpoint))
    started = time.perf_counter()
    with _layers(learner, exactly=not (sharded or mixed)):
        for global_rows in progress(islice(rows, done, None), what, steps, done, size=_tokens):
            # Every process sees all rows, so that each knows the token count without asking the others.
            tokens = sum(len(row.completion) for row in global_rows)
            parts = _parts(global_rows, accelerator.process_index, accelerator.num_processes, micro_batch)
            with out_of_memory.enough(what, help_):
                summed = _backward(accelerator, wrapped, loss, parts, pad, tokens, step=len(losses))
            if optimiser.max_grad_norm:
                _clip(accelerator, trained, optimiser.max_grad_norm, sharded)
            with out_of_memory.enough(what, help_):  # the first step makes the optimiser's moments
                plain.step()
            schedule.step()
            plain.zero_grad()
            # The main process's clock says when all meet for a checkpoint; that travels with the loss.
            due = checkpoint is not None and accelerator.is_main_process and checkpoint.is_due(len(losses) + 1 == steps)
            all_summed, is_due = accelerator.reduce(torch.stack([summed, torch.full_like(summed, due)]), "sum").tolist()
            losses.append(all_summed / tokens)
            if logs:
                accelerator.log({"loss": losses[-1], "learning rate": schedule.get_last_lr()[0]}, step=len(losses))
            _refuse_infinite(losses, what)
            after(len(losses))
            if checkpoint and is_due:
                checkpoint.save(learner, plain, losses, write=accelerator.is_main_process)
    for tracker in accelerator.trackers:  # `end_training` would end the group of processes as well, which has other runs to do
        tracker.finish()
    _convert(precise, precisions)
    if sharded:
        sharding.gather(learner, model, keep=accelerator.is_main_process)
        del learner, wrapped, trained, precise, plain, schedule  # room for the whole model
        accelerator.free_memory()
        model.to(accelerator.device)
    log.info("loop: %s took %.2f s for %d steps", what, time.perf_counter() - started, len(losses) - done)
    return losses


def _tokens(rows: Sequence[Row]) -> int:
    """All that a batch's forward pass reads, prompts and completions."""
    return sum(map(len, rows))


def _refuse_infinite(losses: Sequence[float], what: str) -> None:
    if not math.isfinite(losses[-1]):
        raise UserError(f"{what}: the loss is {losses[-1]} at step {len(losses)}; try a lower learning rate.")


def _backward(
    accelerator: "Accelerator",
    model: Any,
    loss: Loss,
    parts: Sequence[tuple[Sequence[Row], float]],
    pad: int,
    tokens: int,
    step: int,
) -> "torch.Tensor":
    """Add up the gradients of a process's parts of a global batch of so many completion tokens; returns their summed loss."""
    import torch

    # For what a model draws in training beside dropout, such as a router's noise.
    _seed(accelerator.device, seeds.seed("training", step, accelerator.process_index))
    summed = torch.zeros((), device=accelerator.device)
    for number, (part, weight) in enumerate(parts, start=1):
        # Copies meet after the last part; what is sharded has no `no_sync` and meets after each.
        together = contextlib.nullcontext() if number == len(parts) else accelerator.no_sync(model)
        batch = collate(part, pad).to(accelerator.device)
        with together:
            found = loss(model, batch) * weight
            # Processes average their gradients, hence the factor that undoes it. Accelerate's own `backward` and optimiser
            # would do no more here than torch's, and look for packages on the disk each time.
            (found * accelerator.num_processes / tokens).backward()
            summed += found.detach()
    return summed


def _seed(device: "torch.device", seed: int) -> None:
    """Seed what is drawn on a device; ``torch.manual_seed`` also notes for devices that are not there who called it."""
    import torch

    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _clip(accelerator: "Accelerator", parameters: "list[torch.nn.Parameter]", norm: float, sharded: bool) -> None:
    """Scale gradients down to a norm; for what does not lie in parts, accelerate would do the same after a slow import."""
    import torch

    clip = accelerator.clip_grad_norm_ if sharded else torch.nn.utils.clip_grad_norm_
    clip(parameters, norm)


def _accelerator(model: Any, what: str, logs: dict[str, Any]) -> "Accelerator":
    from accelerate import Accelerator, InitProcessGroupKwargs
    from accelerate.utils import GradientAccumulationPlugin

    # Of its own, accelerate has one precision for all models of a process. What it is not told here, it asks the environment.
    accelerator = Accelerator(
        cpu=model.device.type == "cpu",
        mixed_precision="no",
        dynamo_backend="no",
        gradient_accumulation_plugin=GradientAccumulationPlugin(num_steps=1),
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
        **logs,
    )
    asked = inherited.processes() or accelerator.num_processes
    if accelerator.num_processes != asked:
        raise UserError(f"{what}: {accelerator.num_processes} processes work on it, but {asked} were asked for.")
    return accelerator


def _in_mixed_precision(loss: Loss, device: str, keep_weights: bool, again: bool) -> Loss:
    """A loss whose products are computed in bfloat16, whatever the precision of what is trained.

    Args:
        keep_weights: keep converted weights until the loss is there. Of what is sharded, that would gather the whole model.
        again: activations are computed again in the backward pass, so attention must be computed there as it was before.
    """
    import torch

    def found(model: Any, batch: Batch) -> torch.Tensor:
        attention = contextlib.nullcontext() if again else products.of_attention(device, batch.input_ids.shape[1])
        with torch.autocast(device, torch.bfloat16, cache_enabled=keep_weights), attention:
            return loss(model, batch)

    return found


def tensorboard(what: str) -> dict[str, Any]:
    """What ``Accelerator`` is told where the environment names a folder for TensorBoard's logs; nothing where it names none.

    Raises:
        UserError: TensorBoard is not installed.
    """
    folder = os.environ.get(TENSORBOARD)
    if not folder:
        return {}
    from accelerate.utils import is_tensorboard_available

    if not is_tensorboard_available():
        raise UserError(f"{what}: {TENSORBOARD} asks for logs, but TensorBoard is not installed; pip install tensorboard.")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{TENSORBOARD}: no logs can be written to '{folder}' ({error.strerror}); name another folder."
        ) from error
    return {"log_with": "tensorboard", "project_dir": folder}


def _run_name(what: str, checkpoint: Checkpoint | None) -> str:
    """A training loop's name among logs: the path of what it makes, where that is known."""
    return str(checkpoint.folder.relative_to(checkpoint.folder.anchor)) if checkpoint else what


def _smaller(model: Any, micro_batch: int | None) -> str:
    """What makes a training step smaller."""
    held = f"lower micro_batch ({micro_batch or 'now a whole batch, or its share of each process'})"
    return held if _computes_again(model) else f"{held}, or set save_memory: true"


def _computes_again(model: Any) -> bool:
    """Whether activations are computed again in the backward pass (``save_memory``)."""
    return bool(getattr(model, "is_activation_checkpointing", False))


def _with_its_vectors(model: Any) -> "list[torch.nn.Parameter]":
    """What is trained, and the vectors beside it in the same module: a norm's weight and bias must have one precision."""
    found = []
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        learns = any(p.requires_grad for p in own)
        found += [p for p in own if p.requires_grad or (learns and p.dim() == 1)]
    return list(dict.fromkeys(found))  # a tied one is in two modules


def _convert(parameters: "list[torch.nn.Parameter]", precisions: "list[torch.dtype]") -> "list[torch.dtype]":
    """Give parameters another precision, and return those they had; one that has it already stays the very same tensor."""
    before = [parameter.dtype for parameter in parameters]
    for parameter, precision in zip(parameters, precisions, strict=True):
        if parameter.dtype != precision:
            parameter.data = parameter.data.to(precision)
    return before


@contextlib.contextmanager
def _layers(model: Any, exactly: bool) -> Iterator[None]:
    """How layers compute while they are trained; ``exactly``: whole, and in float32."""
    with _as_computed(model), adapters.folded(model), products.fast(model) if exactly else contextlib.nullcontext():
        yield


def _as_computed(model: Any) -> contextlib.AbstractContextManager[None]:
    """Let adapters take what a bfloat16 base computes as it is; mixed precision converts their weights, which are small.

    PEFT would convert their inputs to float32, and mixed precision would convert them back: the same numbers, and most of the
    memory traffic that is not the model's own.
    """
    if not hasattr(model, "peft_config"):
        return contextlib.nullcontext()
    from peft.helpers import disable_input_dtype_casting

    return disable_input_dtype_casting(model)


def _parts(rows: Sequence[Row], process: int, processes: int, micro_batch: int | None) -> list[tuple[Sequence[Row], float]]:
    """A process's share of a global batch in micro-batches, each with its weight.

    Every process gets equally many, since they meet after the last; one that has too few rows repeats one at weight 0.
    """
    size = micro_batch or len(rows)
    largest = math.ceil(len(rows) / processes)
    mine = rows[process::processes]
    cut = [(mine[start : start + size], 1.0) for start in range(0, len(mine), size)]
    return cut + [(rows[:1], 0.0)] * (math.ceil(largest / size) - len(cut))
