"""Models in one GGUF file, as llama.cpp and its relatives keep them: what the file says of itself, and how it is loaded.

Transformers reads configuration, tokenizer and weights from the one file; weights that are stored in a few bits are unpacked to
the base's precision. So such a base is another model than the one that was quantised, if a close one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sublearn.core import fetched
from sublearn.core.errors import UserError, first_and_more, first_line

if TYPE_CHECKING:
    from gguf import GGUFReader

MAGIC = b"GGUF"


@dataclass(frozen=True)
class Described:
    """What a file says of itself.

    Attributes:
        parameters: how many numbers its weights hold.
        licence: the model's licence, empty where the file names none.
    """

    parameters: int
    licence: str


def named(name: str | None) -> dict[str, Any]:
    """What transformers' readers of configurations and tokenizers are told of a GGUF file; nothing where there is none."""
    return {} if name is None else {"gguf_file": name}


def unpacked(name: str) -> dict[str, Any]:
    """What its reader of weights is told."""
    from transformers import GgufConfig

    # Else the weights would stay packed where a kernel for that is installed, and could not be trained.
    return {"gguf_file": name, "quantization_config": GgufConfig(dequantize=True)}


@contextmanager
def without_bar() -> Iterator[None]:
    """Transformers draws a bar for the tensors that it unpacks, whatever its settings say; a log would keep all its states."""
    from transformers import modeling_gguf_pytorch_utils as reader

    drawn, reader.tqdm = reader.tqdm, lambda tensors, **_: tensors
    try:
        yield
    finally:
        reader.tqdm = drawn


@cache
def describe(file: Path) -> Described:
    """What a GGUF file says of itself.

    Raises:
        UserError: it is missing, no GGUF file, damaged, or its weights are stored in a way that cannot be read.
    """
    reader = _read(file)
    one_of_each = {tensor.tensor_type.name: tensor for tensor in reader.tensors}
    for stored, tensor in one_of_each.items():
        _refuse_unreadable(file, stored, tensor)
    licence = reader.get_field("general.license")
    return Described(
        sum(prod(map(int, tensor.shape)) for tensor in reader.tensors),
        str(licence.contents()) if licence else "",
    )


def _read(file: Path) -> "GGUFReader":
    try:
        from gguf import GGUFReader
    except ImportError as error:
        raise UserError(f"{file}: the package gguf, which reads such files, is not installed; pip install gguf.") from error
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(MAGIC))
    except OSError as error:
        there = sorted(other.name for other in file.parent.glob("*.gguf"))
        instead = f"beside it there is {first_and_more(there)}" if there else fetched.remedy(file) or "give the path of one"
        raise UserError(f"{file}: cannot be read ({error.strerror}); {instead}.") from error
    if begins != MAGIC:
        raise UserError(f"{file}: no GGUF file, which would begin with {MAGIC.decode()}; name one, or fetch it again.")
    try:
        return GGUFReader(file)
    except Exception as error:  # a damaged file can break its reader anywhere
        problem = first_line(error)
        raise UserError(f"{file}: damaged or truncated, or newer than its reader ({problem}); fetch it again.") from error


def _refuse_unreadable(file: Path, stored: str, tensor: Any) -> None:
    from gguf import dequantize

    try:
        dequantize(tensor.data.reshape(-1, tensor.data.shape[-1])[:1], tensor.tensor_type)
    except Exception as error:
        raise UserError(
            f"{file}: {tensor.name} is stored as {stored}, which cannot be unpacked here; take the model in another format, "
            "such as Q8_0 or Q4_K."
        ) from error
