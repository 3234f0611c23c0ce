"""What a training loop has reached, kept so that a killed step goes on where it was: one safetensors file, replaced whole.

It holds the trained weights, the optimiser's state and, in the file's header, a JSON of counters. Randomness is keyed by step
everywhere, so no generator's state is kept. A checkpoint of other work is never taken up, nor a damaged one: its key and its
digest tell. What is sharded is kept whole, so that any number of processes can go on from it.
"""

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.core import inherited
from sublearn.core.cli import log
from sublearn.core.code_identity import running_code
from sublearn.core.files import atomic
from sublearn.models import sharding

if TYPE_CHECKING:
    import torch

FOLDER = ".checkpoints"
SECONDS = "SUBLEARN_CHECKPOINT_SECONDS"  # of the environment: least time between two checkpoints, a minute if it is not set


class Checkpoint:
    """The checkpoint of one training loop.

    Args:
        folder: of the step's output.
        name: of the loop, where a step has several.
        key: what determines, beside the step's code, the loop's results; only a checkpoint with the same key is taken up.
        at_end: whether one is due when the loop ends, too, since the step goes on with other loops.
    """

    def __init__(self, folder: str | Path, name: str, key: Any, at_end: bool = False) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FOLDER / f"{name}.safetensors"
        self.key = hashlib.sha256(json.dumps([running_code(), key], sort_keys=True).encode()).hexdigest()
        self.seconds, self.last, self.took = inherited.seconds(SECONDS, 60.0), time.monotonic(), 0.0
        self.at_end = at_end

    def take_up(self, model: Any, optimiser: "torch.optim.Optimizer") -> list[float]:
        """Put model and optimiser where the checkpoint left them; returns the losses of the steps done, none without one."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "pt") as found:
                header = found.metadata() or {}
                if header.get("key") != self.key:
                    return []
                tensors = {name: found.get_tensor(name) for name in found.keys()}  # noqa: SIM118 (no mapping)
                if header.get("digest") != _digest(tensors, header.get("losses", "")):
                    raise OSError("its content is not what its digest says")
        except FileNotFoundError:
            return []
        except (SafetensorError, OSError) as error:
            log.warning("%s: not readable (%s); training starts anew", self.path, error)
            return []
        for name, parameter in _trained(model).items():
            parameter.data.copy_(sharding.parted_like(tensors[f"weight.{name}"], parameter))
        places = _parameters(optimiser)
        for name, tensor in tensors.items():
            if name.startswith("state."):
                _, number, key = name.split(".")
                parameter = places[int(number)]
                # Adam keeps its step on the processor.
                optimiser.state[parameter][key] = sharding.parted_like(tensor, parameter) if tensor.dim() else tensor
        losses: list[float] = json.loads(header["losses"])
        log.info("going on after step %d, from %s", len(losses), self.path)
        return losses

    def is_due(self, is_end: bool = False) -> bool:
        """Whether to write one now: not so often that writing takes over a tenth of the time, unless 0 seconds are asked."""
        if is_end and self.at_end:
            return True
        wait = max(self.seconds, 10 * self.took) if self.seconds else 0.0
        return time.monotonic() - self.last >= wait

    def save(self, model: Any, optimiser: "torch.optim.Optimizer", losses: list[float], write: bool = True) -> None:
        """Replace the checkpoint by one of now; every process calls this, of which one is to ``write``."""
        from safetensors.torch import save_file

        started = time.monotonic()
        parts = {f"weight.{name}": parameter.detach() for name, parameter in _trained(model).items()}
        for number, parameter in enumerate(_parameters(optimiser)):
            state = optimiser.state.get(parameter, {})
            parts |= {f"state.{number}.{key}": value for key, value in state.items() if value is not None}
        tensors = {}
        for name, part in parts.items():
            tensor = sharding.whole(part)
            if write:
                tensors[name] = tensor.cpu().contiguous()
        if not write:
            return
        said = json.dumps(losses)
        with atomic(self.path) as temporary:
            save_file(tensors, temporary, {"key": self.key, "losses": said, "digest": _digest(tensors, said)})
        self.last = time.monotonic()
        self.took = self.last - started


def clear(folder: str | Path) -> None:
    """Remove the checkpoints of a step whose outputs are whole."""
    shutil.rmtree(Path(folder) / FOLDER, ignore_errors=True)


def _digest(tensors: "dict[str, torch.Tensor]", losses: str) -> str:
    """A hash of all that a checkpoint holds; safetensors itself would not notice a changed number."""
    import torch

    found = hashlib.sha256(losses.encode())
    for name, tensor in sorted(tensors.items()):
        found.update(name.encode())
        found.update(tensor.cpu().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()


def _trained(model: Any) -> "dict[str, torch.nn.Parameter]":
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _parameters(optimiser: "torch.optim.Optimizer") -> "list[torch.nn.Parameter]":
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]
