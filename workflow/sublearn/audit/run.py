"""Let the layers look at data, one after another; what one of them cannot do stops no other."""

import time
from collections.abc import Iterable

from sublearn.audit.layers.base import LAYERS, Inputs, Layer, Result
from sublearn.core import cli
from sublearn.core.errors import UserError


def chosen(names: Iterable[str] | None = None) -> list[Layer]:
    """The named layers, or all; cheap ones first."""
    wanted = None if names is None else set(names)
    return sorted((layer for layer in LAYERS if wanted is None or layer.name in wanted), key=lambda layer: layer.order)


def look(inputs: Inputs, names: Iterable[str] | None = None) -> list[Result]:
    """What the named layers find, or all of them; a layer that cannot look says why."""
    layers = chosen(names)
    results = []
    for i, layer in enumerate(layers, start=1):
        started = time.perf_counter()
        results.append(look_once(layer, inputs))
        seconds = time.perf_counter() - started
        cli.log.info("layer %d of %d, %s: %s (%.1f s)", i, len(layers), layer.name, results[-1].sentence, seconds)
    return results


def look_once(layer: Layer, inputs: Inputs) -> Result:
    """What one layer finds, or why it cannot look."""
    missing = [need for need in layer.needs if getattr(inputs, need) is None]
    if missing:
        return Result(layer.name, "not_run", f"It needs a {' and a '.join(missing)}, and none was given.")
    try:
        return layer.look(inputs)
    except UserError as error:
        return Result(layer.name, "not_run", str(error))
