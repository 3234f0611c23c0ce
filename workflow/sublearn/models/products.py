"""Products of activations, and of activations and weights, on a processor, at the speed of that processor.

In float32: torch leaves such products to MKL, which on AMD's processors uses half the width of their vector units. oneDNN,
which torch has as well, uses all of it; torch asks oneDNN only where it may round to bfloat16. oneDNN rounds on processors with
units for that (AMX) alone. On the others it computes in float32, as exactly as MKL and up to twice as fast.

Each call costs oneDNN more, and each new shape some milliseconds. So it is asked for the large products of a step alone.

In bfloat16: the head's rows are put side by side, and attention over short rows is computed as plain products.
"""

import contextlib
from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SHORT = 256  # tokens; of longer rows, fused attention is as fast, and it does not keep a square of them


@contextlib.contextmanager
def fast(model: Any) -> Iterator[None]:
    """Let the linear layers of a model in float32 ask oneDNN, if it is on a processor where that is exact."""
    import torch
    from transformers.pytorch_utils import Conv1D

    layers: list[Any] = []
    if model.device.type == "cpu" and is_exact():
        # Of a subclass, or of a layer that is computed in another way, its own forward pass stays.
        layers = [m for m in model.modules() if type(m) in (torch.nn.Linear, Conv1D) and "forward" not in vars(m)]
    for layer in layers:
        layer.forward = partial(_forward, layer, isinstance(layer, Conv1D))
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def at_once(layer: Any) -> None:
    """Let a bfloat16 layer on a processor multiply rows that do not lie side by side, such as the last of each prompt, at once.

    Torch would multiply them one by one, each with a copy of the layer's weights; the head of a model of 135 million parameters
    has 57 MB.
    """
    layer.register_forward_pre_hook(lambda _, given: (given[0].contiguous(), *given[1:]))


@contextlib.contextmanager
def of_attention(device: str, tokens: int) -> Iterator[None]:
    """Compute attention in bfloat16 as plain products, where rows of so many tokens are trained on a processor and are short.

    The backward pass of torch's fused attention takes ten times its forward pass there, whatever the length of the rows.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    if device != "cpu" or tokens > SHORT:
        yield
        return
    setting = torch.backends.cuda  # which, in spite of its name, holds for processors too
    before = setting.fp16_bf16_reduction_math_sdp_allowed()
    setting.allow_fp16_bf16_reduction_math_sdp(True)  # else it would convert all to float32 and back
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        setting.allow_fp16_bf16_reduction_math_sdp(before)


@cache
def is_exact() -> bool:
    """Whether oneDNN has vector units of full width here, and none that round to bfloat16."""
    import torch

    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_f") and not known.get("amx_tile") and torch.backends.mkldnn.is_available())


def _forward(layer: Any, is_transposed: bool, given: "torch.Tensor") -> "torch.Tensor":
    return linear(given, layer.weight if is_transposed else layer.weight.T, layer.bias)


def linear(given: "torch.Tensor", weight: "torch.Tensor", bias: "torch.Tensor | None") -> "torch.Tensor":
    """``given @ weight + bias``; ``given`` has shape (…, in), ``weight`` (in, out)."""
    found: torch.Tensor = _function().apply(given.flatten(0, -2), weight, bias)
    return found.unflatten(0, given.shape[:-1])


@cache
def _function() -> Any:
    import torch

    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, given: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
            ctx.save_for_backward(given, weight)
            with _onednn():
                return given @ weight if bias is None else torch.addmm(bias, given, weight)

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
            given, weight = ctx.saved_tensors
            wants_given, wants_weight, wants_bias = ctx.needs_input_grad
            with _onednn():
                return (
                    gradient @ weight.T if wants_given else None,
                    given.T @ gradient if wants_weight else None,
                    gradient.sum(dim=0) if wants_bias else None,
                )

    return Product


@contextlib.contextmanager
def _onednn() -> Iterator[None]:
    import torch

    setting = torch.backends.mkldnn.matmul
    before = setting.fp32_precision
    if is_exact():
        setting.fp32_precision = "bf16"
    try:
        yield
    finally:
        setting.fp32_precision = before
