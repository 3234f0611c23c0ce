"""Why one layer cannot look, while others can."""

from collections.abc import Callable
from functools import wraps

from sublearn.audit.layers.base import Inputs, Result
from sublearn.core.errors import UserError


class UnableError(UserError):
    """One sentence that says why a layer cannot look at this data."""


def or_not_run(layer: str) -> Callable[[Callable[[Inputs], Result]], Callable[[Inputs], Result]]:
    """Let a layer that cannot look say so in its result, so that others go on; other errors end the audit."""

    def wrapped(look: Callable[[Inputs], Result]) -> Callable[[Inputs], Result]:
        @wraps(look)
        def looked(inputs: Inputs) -> Result:
            try:
                return look(inputs)
            except UnableError as error:
                return Result(layer, "not_run", str(error))

        return looked

    return wrapped
