"""The shape of a model: read from its configuration where that is on this machine, else guessed. Nothing is fetched for it."""

from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

from sublearn.models import architecture, hub_cache, pinned


@dataclass(frozen=True)
class Shape:
    """What a transformer's activations depend on.

    Attributes:
        width: of the residual stream.
        depth: number of blocks.
        inner: width of the multilayer perceptron.
        keys: width of all keys of a block, which is that of its values too.
        vocabulary: number of tokens.
    """

    width: float
    depth: float
    inner: float
    keys: float
    vocabulary: float


def usual(parameters: float) -> Shape:
    """The shape of a model of so many parameters that is 128 times as wide as deep, as many are."""
    depth = (parameters / (12 * 128**2)) ** (1 / 3)
    width = 128 * depth
    return Shape(width, depth, 4 * width, width, 50_000)


@cache
def at_hand(model: str, gguf: str | None, revision: str | None) -> Shape | None:
    """The shape of a model in a local folder, in a GGUF file or in the hub's cache.

    None if its configuration is not there, or says it in other words. A step that needs the model says what is wrong with it.
    """
    name = gguf or pinned.CONFIG
    try:
        file = hub_cache.place(model, name, revision) if revision else Path(model).expanduser() / name
        if file is None or not file.is_file():
            return None
        config = architecture.configuration(file.parent, gguf)[0].get_text_config(decoder=True)
        width, heads = config.hidden_size, config.num_attention_heads
        of_head = getattr(config, "head_dim", None) or width / heads
        keys = of_head * (getattr(config, "num_key_value_heads", None) or heads)
        inner = getattr(config, "intermediate_size", None) or getattr(config, "n_inner", None) or 4 * width
        found = Shape(width, config.num_hidden_layers, inner, keys, config.vocab_size)
    except Exception:  # a damaged or unusual configuration can break its reader anywhere, and ~nobody is no folder
        return None
    return found if all(isinstance(value, int | float) and value > 0 for value in astuple(found)) else None
