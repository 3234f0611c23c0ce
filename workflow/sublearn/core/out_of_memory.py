"""Explain in one sentence that memory ran out: how much is missing, and which setting helps."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sublearn.core.errors import UserError

UNITS = {"bytes": 1.0, "B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40}
GIB = 2.0**30
# The messages of torch, for a GPU and for the host.
OF_A_GPU = re.compile(
    r"Tried to allocate (?P<wanted>[\d.]+ \w+).*?total capacity of (?P<all>[\d.]+ \w+) of which (?P<free>[\d.]+ \w+) is free",
    re.S,
)
WITHOUT_NUMBERS = re.compile(r"CUDA error: out of memory|CU[A-Z]+_STATUS_ALLOC_FAILED")  # from the libraries below torch
OF_THE_PROCESSOR = re.compile(r"you tried to allocate (?P<wanted>\d+ bytes)")


def missing(error: BaseException) -> str | None:
    """What an error says about missing memory; None if it is another error."""
    if match := OF_A_GPU.search(str(error)):
        wanted, free, whole = (_bytes(match[name]) for name in ("wanted", "free", "all"))
        return (
            f"{_shown(max(wanted - free, 0.0))} of GPU memory are missing ({_shown(wanted)} more were asked for, and of "
            f"{_shown(whole)} only {_shown(free)} are free)"
        )
    if match := OF_THE_PROCESSOR.search(str(error)):
        return f"{_shown(_bytes(match['wanted']))} more of memory were asked for than the machine has free"
    if isinstance(error, MemoryError):
        return "memory is full"
    of_a_gpu = type(error).__name__ == "OutOfMemoryError" or WITHOUT_NUMBERS.search(str(error))
    return "the GPU's memory is full" if of_a_gpu else None


@contextmanager
def enough(what: str, advice: str) -> Iterator[None]:
    """Turn an out-of-memory error of the block into one sentence: ``what`` failed, and ``advice``.

    Raises:
        UserError: memory ran out.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch raises a RuntimeError
        shortage = missing(error)
        if shortage is None:
            raise
        raise UserError(f"{what}: {shortage}; {advice}.") from error


def _bytes(text: str) -> float:
    number, unit = text.split()
    return float(number) * UNITS[unit]


def _shown(size: float) -> str:
    return f"{size / GIB:.2f} GiB"
