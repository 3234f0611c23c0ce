"""Let the layers look at data, one after another; what one of them cannot do stops no other."""

import time
from collections.abc import Sequence

from sublearn.audit.layers.base import LAYERS, Inputs, Layer, Result
from sublearn.audit.unable import UnableError
from sublearn.core import cli, out_of_memory
from sublearn.core.errors import UnknownNameError, UserError
from sublearn.core.records import harmless

WHAT = {"reference": "a reference, rows like them that are known to carry nothing (--reference)", "base": "a base (--base)"}
FAILED = "It failed: "


def chosen(names: Sequence[str] | None) -> list[Layer]:
    """The layers of these names, or all, in the order in which they look.

    Raises:
        UserError: there is no layer of a name.
    """
    try:
        for name in names or ():
            LAYERS.get(name)
    except UnknownNameError as error:
        raise UserError(f"--layers: {error}.") from error
    return [layer for layer in LAYERS if not names or layer.name in names]


def look(inputs: Inputs, layers: Sequence[Layer]) -> list[Result]:
    """What each layer says, in order; one that cannot look says why."""
    results = []
    for number, layer in enumerate(layers, start=1):
        cli.log.info("layer %d of %d, %s: takes %s for 10,000 rows", number, len(layers), layer.name, layer.cost)
        started = time.perf_counter()
        results.append(look_once(layer, inputs))
        cli.log.info("%s (%.1f s)", harmless(results[-1].sentence), time.perf_counter() - started)
    return results


def look_once(layer: Layer, inputs: Inputs) -> Result:
    """What one layer says, or why it cannot look."""
    if missing := [WHAT[need] for need in layer.needs if getattr(inputs, need) is None]:
        return Result(layer.name, "not_run", f"It needs {' and '.join(missing)}.")
    try:
        return layer.look(inputs)
    except UnableError as error:
        return Result(layer.name, "not_run", str(error))
    except (UserError, OSError) as error:
        return Result(layer.name, "not_run", f"{FAILED}{error}")
    except (RuntimeError, MemoryError) as error:
        if (shortage := out_of_memory.missing(error)) is None:
            raise
        return Result(layer.name, "not_run", f"{FAILED}{shortage}.")
