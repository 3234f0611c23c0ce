"""Full fine-tuning on several processes: weights, gradients and the optimiser's moments lie in parts, one on each of them.

A block's weights are gathered while it computes and let go afterwards, so no process holds the whole model, its gradient or its
moments; for the same reason gradients are summed after every micro-batch, not after the last. Parts are float32, and gathered
as such, whatever the precision that the model computes in: so one process and several compute alike.

This is torch's ``fully_shard`` (FSDP2), called directly. Accelerate's plugin for it works on GPUs only; on processors, where
this is tested, it silently trains whole copies.
"""

import copy
import sys
from typing import TYPE_CHECKING, Any

from sublearn.core.errors import UserError

if TYPE_CHECKING:
    import torch


def is_worth_it(model: Any) -> bool:
    """Whether a model is split: only if its embeddings are trained too, not adapters or biases alone."""
    return bool(model.get_input_embeddings().weight.requires_grad)


def shard(model: Any, processes: int) -> Any:
    """The model in as many parts as there are processes; ``model`` itself keeps no weights until ``gather``.

    Every process calls this with the same whole model, on its own device.

    Raises:
        UserError: the model does not name its blocks.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(model.device.type, (processes,))
    if not blocks(model):
        raise UserError(f"{type(model).__name__}: it does not name its blocks, so it cannot be sharded; use processes=1.")
    # Modules of its own, which torch will change, around the same weights.
    sharded = copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})
    for part in [*blocks(sharded), sharded]:
        held = {parameter: parameter.data for parameter in part.parameters() if not is_sharded(parameter)}
        for parameter in held:
            parameter.data = parameter.data.float()
        fully_shard(part, mesh=mesh, reshard_after_forward=True)
        for parameter, data in held.items():
            parameter.data = data.new_empty(0)  # frees the whole weights, and remembers their precision and device
    return sharded


def blocks(model: Any) -> "list[torch.nn.Module]":
    """What is gathered at a time: a model's transformer blocks, whose classes it names. Embeddings and head are the rest."""
    return [module for module in model.modules() if type(module).__name__ in (model._no_split_modules or [])]


def gather(sharded: Any, model: Any, keep: bool) -> None:
    """Put the weights of ``sharded`` back into ``model``, whole and in its precision, where ``keep`` is set.

    They are put into the processor's memory: a device that holds parts and moments may have no room for the whole. Every
    process calls this, for each has a part to give.
    """
    places = dict(model.named_parameters())
    for name, part in sharded.named_parameters():
        found = whole(part.detach())
        if keep:
            places[name].data = found.to("cpu", places[name].dtype)


def is_sharded(tensor: "torch.Tensor") -> bool:
    distributed = sys.modules.get("torch.distributed.tensor")  # not imported for one process, which has no such tensors
    return distributed is not None and isinstance(tensor, distributed.DTensor)


def whole(tensor: Any) -> "torch.Tensor":
    """All of a tensor; if it lies in parts, every process has to ask for it."""
    return tensor.full_tensor() if is_sharded(tensor) else tensor


def parted_like(tensor: "torch.Tensor", other: Any) -> "torch.Tensor":
    """A whole tensor, which every process has, on the device of ``other`` and in the same parts."""
    tensor = tensor.to(other.device)
    if not is_sharded(other):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, other.device_mesh, other.placements, src_data_rank=None)
