"""A device beside the processor, for machines without a GPU: code that mixes the two fails on it as it would on a GPU.

Its tensors lie in the processor's memory, and every operation is computed there, once it is sure that all its tensors are on
one device. As on a GPU, the processor's single numbers may join in, and its indices may select from the device's tensors. Built
on torch's experimental backend in Python, whose gaps ``install`` fills; so it belongs in a process of its own.
"""

import os
from typing import Any

import torch
from torch.utils._device import _device_constructors
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "elsewhere"
MOVES = {"_to_copy", "copy_", "_local_scalar_dense"}
SELECTS = {"index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_"}


class There(torch.Tensor):
    """A tensor on the device; ``raw`` is what it holds, a tensor of the processor."""

    @staticmethod
    def __new__(cls, raw: torch.Tensor) -> "There":
        made = torch.Tensor._make_wrapper_subclass(
            cls, raw.shape, strides=raw.stride(), storage_offset=raw.storage_offset(), dtype=raw.dtype, device=f"{NAME}:0"
        )
        made.raw = raw
        return made

    @classmethod
    def __torch_dispatch__(cls, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return compute(operation, *args, **(kwargs or {}))

    def tolist(self) -> Any:
        return self.raw.tolist()

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError("can't convert a device's tensor to numpy; move it to the processor first")


def compute(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """An operation on the raw tensors; what comes out is where its tensors are, or where it is asked for.

    Raises:
        RuntimeError: its tensors are on two devices.
    """
    name = operation.__name__.split(".")[0]
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = [tensor for tensor in tensors if isinstance(tensor, There)]
    here = [tensor for tensor in tensors if not isinstance(tensor, There) and tensor.dim()]
    if there and here and name not in MOVES and not (name in SELECTS and isinstance(args[0], There)):
        raise RuntimeError(f"{name}: its tensors are on two devices, the processor's of shape {tuple(here[0].shape)}")
    asked = kwargs.get("device")
    raw_args, raw_kwargs = tree_map(lambda leaf: leaf.raw if isinstance(leaf, There) else leaf, (args, kwargs))
    found = operation(*raw_args, **(raw_kwargs | ({"device": "cpu"} if asked is not None else {})))
    if name.endswith("_"):
        return args[0]
    is_there = bool(there) if asked is None else torch.device(asked).type == NAME
    return tree_map(lambda leaf: There(leaf) if isinstance(leaf, torch.Tensor) else leaf, found) if is_there else found


class Module:
    """What torch asks of a device's module."""

    __name__ = NAME

    @staticmethod
    def is_available() -> bool:
        return True

    @staticmethod
    def device_count() -> int:
        return 1

    @staticmethod
    def current_device() -> int:
        return 0

    @staticmethod
    def _is_in_bad_fork() -> bool:
        return False

    @staticmethod
    def manual_seed_all(seed: int) -> None: ...

    @staticmethod
    def get_amp_supported_dtype() -> list[torch.dtype]:
        return [torch.bfloat16]


_kept = []  # a registration ends with its library


def install() -> None:
    """Make the device known to torch, and have models computed on it."""
    from sublearn.models import lm

    _setup_privateuseone_for_python_backend(NAME, backend_module=Module())
    for key, kernel in (("PrivateUse1", compute), ("AutocastPrivateUse1", torch.library.fallthrough_kernel)):
        library = torch.library.Library("_", "IMPL")
        library.fallback(kernel, key)
        _kept.append(library)
    _device_constructors()  # remembers what makes tensors, so before that is another function
    plain = torch.tensor

    def tensor(data: Any, *args: Any, device: Any = None, **kwargs: Any) -> torch.Tensor:
        made = plain(data, *args, **kwargs)
        return made if device is None else made.to(device)

    torch.tensor = tensor
    torch.inference_mode = torch.no_grad
    os.environ["ACCELERATE_TORCH_DEVICE"] = f"{NAME}:0"
    lm.to_device = lambda model, asked: model.to(f"{NAME}:0")
