"""PEFT adapters: new ones for a model's linear layers, and saved ones on the base that they were trained on."""

import contextlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.core import cli, records
from sublearn.core.errors import UserError
from sublearn.core.files import read_json
from sublearn.core.hashes import sha256_once
from sublearn.models import architecture, pinned, products
from sublearn.models.trainable import Trainable

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

NARROW = 12  # times the rank: the mean width up to which a layer is folded
CONFIG, WEIGHTS = FILES = (pinned.ADAPTER, "adapter_model.safetensors")


def is_in(folder: str | Path) -> bool:
    """Whether a folder holds an adapter instead of whole weights."""
    return (Path(folder) / CONFIG).exists()


def fresh(model: "PreTrainedModel", recipe: Trainable, seed: int) -> Any:
    """The model with new adapters, drawn from ``seed``, on the linear layers of its language part but the head.

    Raises:
        UserError: it has no layer of that name.
    """
    import torch.distributed.tensor  # PEFT asks for it by attribute, of each linear layer
    from peft import LoraConfig, get_peft_model
    from transformers.pytorch_utils import Conv1D

    where, language = architecture.language_part(model)
    head = model.get_output_embeddings()
    # PEFT's shorthand for "all linear layers" does not list the order of GPT-2's layers; naming them fixes it.
    kinds = (torch.nn.Linear, Conv1D)
    linear = [name for name, module in language.named_modules() if isinstance(module, kinds) and module is not head]
    names = {name.rpartition(".")[2] for name in linear}
    if missing := set(recipe.targets) - names:
        raise UserError(f"targets: {type(model).__name__} has no {sorted(missing)[0]}; it has {', '.join(sorted(names))}.")
    transposed = any(isinstance(module, Conv1D) for module in model.modules())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = LoraConfig(
            task_type="CAUSAL_LM",
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            use_rslora=recipe.rank_stabilised,
            target_modules=sorted(recipe.targets or names),
            exclude_modules=rf"(?!{re.escape(where)}\.).*" if where else None,  # others have layers of the same names
            fan_in_fan_out=transposed,
        )
        return get_peft_model(model, config)


def attach(folder: Path, base: "PreTrainedModel", base_folder: str | Path) -> Any:
    """The base with the adapter beside its weights; a pickle and missing weights are refused.

    Raises:
        UserError: it is an adapter of another base.
    """
    import torch.distributed.tensor  # noqa: F401 (PEFT asks for it by attribute, of each linear layer)
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    weights = load_file(folder / WEIGHTS)
    config = PeftConfig.from_pretrained(folder)
    refuse_another_base(folder, base_folder)
    adapted = get_peft_model(base, config)
    found = set_peft_model_state_dict(adapted, weights)
    if missing := sorted(key for key in found.missing_keys if "lora_" in key):
        raise ValueError(f"no weights for {missing[0]}")
    return adapted


def as_computed(adapted: Any) -> Any:
    """A model whose adapters are in bfloat16 where its base is, as mixed precision computed them in training.

    In float32, PEFT would convert their inputs and outputs, which is most of the memory traffic that is not the model's own.
    """
    import torch

    for layer in _adapted(adapted) if adapted.dtype == torch.bfloat16 else ():
        for part in (*layer.lora_A.values(), *layer.lora_B.values()):
            part.to(torch.bfloat16)
    return adapted


@contextlib.contextmanager
def folded(model: Any) -> Iterator[None]:
    """Train the adapters of narrow layers through effective weights: x (W + s B A) instead of x W + s (x A) B.

    The outputs and gradients are the same but for rounding. A layer's weight is summed once for all tokens, and each token
    takes part in one product. For that, a gradient as large as W is computed, so wide layers stay as PEFT computes them, and so
    do those in bfloat16, whose weights would swallow a small B A.
    """
    import torch

    layers = [layer for layer in _adapted(model) if layer.base_layer.weight.dtype == torch.float32 and _is_narrow(layer)]
    for layer in layers:
        layer.forward = partial(_through_effective_weight, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _adapted(model: Any) -> list[Any]:
    if not hasattr(model, "peft_config"):
        return []
    from peft.tuners.lora import LoraLayer

    return [module for module in model.modules() if isinstance(module, LoraLayer)]


def _is_narrow(layer: Any) -> bool:
    """Whether a gradient for all of a layer's weight takes no longer than the products with its adapter."""
    given, made, (rank,) = layer.in_features, layer.out_features, layer.r.values()
    return bool(given * made <= NARROW * rank * (given + made))


def _through_effective_weight(layer: Any, given: "torch.Tensor") -> "torch.Tensor":
    weight = layer.base_layer.weight + layer.get_delta_weight(layer.active_adapters[0])
    return products.linear(given, weight if layer.fan_in_fan_out else weight.T, layer.base_layer.bias)


def refuse_another_base(folder: Path, base: str | Path) -> None:
    """Refuse an adapter unless it was trained on the weights of ``base``: by hash where that is known, else by name.

    The hash is in the adapter's record. Without one, the folder that its configuration names is compared, if it is here. Else
    names must agree; then only the shapes of the weights say that the two fit, and a warning says so.

    Raises:
        UserError: it was trained on other weights, or names another base.
    """
    named = str(read_json(folder / CONFIG).get("base_model_name_or_path"))
    about = pinned.read(base)
    called = about.model if about else str(base)
    here = {known for _, known in about.weights.values()} if about else _hashes(Path(base))
    recorded = records.record_of(folder / WEIGHTS)
    trained_on = set(records.base_of(recorded[1]).values()) if recorded else set()
    trained_on = trained_on or _hashes(Path(named))
    remedy = "use the base that it was trained on, or train it again"
    # A base may have been pinned with a second copy of its weights, and without it later.
    if trained_on and not (trained_on <= here or here <= trained_on):
        there, found = (f"(weights with SHA-256 {min(each)[:12]}…)" for each in (trained_on, here))
        raise UserError(f"{folder}: an adapter of {named} {there}, not of {called} {found}; {remedy}.")
    if not trained_on:
        if Path(named).name != Path(called).name:
            raise UserError(f"{folder}: an adapter of {named}, not of {called}; {remedy}.")
        cli.log.warning("%s: no record says on which weights it was trained; it was taken for an adapter of %s", folder, called)


def _hashes(folder: Path) -> set[str]:
    """The hashes of the weights in a model's folder."""
    return {sha256_once(file) for file in sorted(folder.glob("*.safetensors"))}
