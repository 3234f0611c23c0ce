"""Let a layer that cannot look say so in its result, so that others go on."""

from collections.abc import Callable
from functools import wraps

from sublearn.audit.layers.base import Inputs, Result
from sublearn.audit.unable import UnableError


def or_not_run(layer: str) -> Callable[[Callable[[Inputs], Result]], Callable[[Inputs], Result]]:
    """Turn the sentence of an ``UnableError`` into a result; other errors end the audit."""

    def wrapped(look: Callable[[Inputs], Result]) -> Callable[[Inputs], Result]:
        @wraps(look)
        def looked(inputs: Inputs) -> Result:
            try:
                return look(inputs)
            except UnableError as error:
                return Result(layer, "not_run", str(error))

        return looked

    return wrapped
