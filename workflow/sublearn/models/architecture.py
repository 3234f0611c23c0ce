"""What a model's configuration says before its weights are there: whether it can be used, its attention, its dropout.

The weights of a model that cannot be used are never fetched. Attention and dropout can change numbers, so both are decided here
alone, and recorded when a base is pinned.
"""

import copy
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.core.errors import UserError, first_line
from sublearn.models import gguf_file, light_imports, pinned

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig

ASKED_WITH = ("attention_mask", "past_key_values", "logits_to_keep")  # arguments that a model's forward pass must take


@dataclass(frozen=True)
class Architecture:
    """What is known of a model without its weights.

    Attributes:
        family: its ``model_type``, such as ``llama``.
        attention: torch's fused one, or the model's own where it has no other.
        dropout: the dropout rates of its configuration.
    """

    family: str
    attention: pinned.Attention
    dropout: dict[str, float]


def of(name: str, folder: Path, gguf: str | None = None) -> Architecture:
    """The architecture of the model of that name in ``folder``, whose weights need not be there unless they are a GGUF file.

    Raises:
        UserError: it cannot be used here; the reason.
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    if gguf is None:
        family = str(pinned.description(folder / pinned.CONFIG).get("model_type"))
        if family not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
            raise UserError(f"{name}: '{family}' is no causal language model that this version of transformers knows.")
    try:
        config, dropout = configuration(folder, gguf)
        kind = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
        reason = _unusable(config, kind)
        attention = "sdpa" if reason else _attention(config)
    except Exception as error:  # a damaged or hostile configuration can break its reader anywhere
        problem = first_line(error)
        raise UserError(f"{name}: a model of its {pinned.described_in(gguf)} cannot be built ({problem}).") from error
    if reason:
        raise UserError(f"{name}: {kind.__name__} cannot be used here: {reason}.")
    return Architecture(config.model_type, attention, dropout)


def configuration(folder: Path, gguf: str | None = None) -> "tuple[PreTrainedConfig, dict[str, float]]":
    """The configuration of the model in ``folder`` without dropout, and the dropout rates that it came with.

    With dropout, two runs would leave different weights, and several processes others than one.
    """
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False, **gguf_file.named(gguf))
    return config, _take_dropout(config)


def _take_dropout(config: "PreTrainedConfig") -> dict[str, float]:
    """Set each dropout rate in a configuration, and in those within it, to 0; return what it was."""
    from transformers import PreTrainedConfig

    found: dict[str, float] = {}
    for name, value in list(vars(config).items()):
        if isinstance(value, PreTrainedConfig):
            found |= {f"{name}.{inner}": share for inner, share in _take_dropout(value).items()}
        elif "drop" in name and isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            found[name] = float(value)
            setattr(config, name, type(value)(0))
    return found


def _unusable(config: "PreTrainedConfig", kind: Any) -> str | None:
    """Why a model cannot be trained and asked here; None if it can."""
    from transformers import DynamicCache

    text = config.get_text_config(decoder=True)
    # For models that can read in both directions, these two settings together say which.
    reads_both_ways = hasattr(text, "add_cross_attention") and getattr(text, "is_decoder", None) is False
    if config.is_encoder_decoder or reads_both_ways:
        return "it does not continue a text from left to right"
    quantised = getattr(config, "quantization_config", None) or getattr(text, "quantization_config", None) or {}
    if method := quantised.get("quant_method"):
        return f"its weights are quantised ({method}), so they can be neither trained nor compared; name a version in bfloat16"
    if missing := [name for name in ASKED_WITH if name not in inspect.signature(kind.forward).parameters]:
        return f"its forward pass takes no {missing[0]}, which exact probabilities need"
    # A question is read once, and each of its possible answers goes on from there.
    layers = DynamicCache(config=text).layers
    if kind._is_stateful or not all(hasattr(layer, "batch_select_indices") for layer in layers):
        return "it keeps a running state, so several answers cannot go on from one reading of their question"
    return None


def _attention(config: "PreTrainedConfig") -> pinned.Attention:
    """Torch's fused attention if all parts of the model have it; each is built, without memory, to see that it can be."""
    import torch
    from transformers import AutoModelForCausalLM

    def build(attention: pinned.Attention) -> None:
        with torch.device("meta"), light_imports.undrawn():
            AutoModelForCausalLM.from_config(copy.deepcopy(config), attn_implementation=attention, trust_remote_code=False)

    try:
        build("sdpa")
    except ValueError:
        build("eager")
        return "eager"
    return "sdpa"


def language_part(model: Any) -> "tuple[str, torch.nn.Module]":
    """What reads and writes text in a model, and its name there; a model that only does that is all of it, without a name."""
    if model.config.get_text_config(decoder=True) is model.config:
        return "", model
    part = model.get_decoder()
    return next(name for name, module in model.named_modules() if module is part), part
