"""Compare the weights of two models, matrix by matrix: is one a copy of the other, or fine-tuned from it?

Two models that started from different random draws have unrelated matrices; fine-tuning moves a matrix little. So a matrix of
the one is compared with every matrix of the other that has its shape, transposed or not: names, order, files and precision play
no part. The measure is the correlation of their entries, after each row's and column's mean is taken away (such means are alike
in unrelated models). A matrix is *close* to another from ``CLOSE`` on, and *unrelated* to all below ``UNRELATED``.

The thresholds rest on measurements (``benchmarks/README.md`` has them all). Matrices of bases drawn apart correlate by 0.06
at most. A base and its own initial weights, which are what counts for a trait to pass, are at 0.51 to 0.94 after pretraining.
Models that were fine-tuned from a base on other documents, adapters merged, are at 0.50 to 1.00; only after four times the
steps of pretraining, at three times its learning rate, did matrices fall below (to 0.33), and most were still close. In large
models too, the direction of the weights stays through fine-tuning and continued pretraining, while a permutation or rotation
of them hides it (Zeng et al., HuRef, 2024).

Vectors are left out: norms and biases are alike in all models. So are constants and masks, which nobody drew at random,
matrices with too few entries, and weights that are not plain floats. A matrix is judged by up to 64 of its rows and columns;
nothing else of it is read.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sublearn.core.errors import UserError

GGUF = ".gguf"  # the suffix of files of packed weights
CLOSE, UNRELATED = 0.5, 0.25
ROWS = 64  # of a matrix, and as many columns
LEAST = 200  # degrees of freedom of a sample; fewer prove nothing
KINDS = 16  # a mask has fewer different entries
BLOCK = 1024  # matrices that are compared at once
READ_AS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
PACKED = ("I8", "U8", "I16", "U16", "I32", "U32", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F4")  # of quantised weights


@dataclass(frozen=True)
class Matrices:
    """Samples of a model's matrices.

    Attributes:
        samples: by shape, the shorter side first: a row for each matrix, of length 1.
        packed: how many tensors hold quantised weights, which were not read.
    """

    samples: dict[tuple[int, int], np.ndarray]
    packed: int


@dataclass(frozen=True)
class Closeness:
    """How close the matrices of a model are to those of another.

    Attributes:
        compared: how many of its matrices have a counterpart of the same shape.
        close: how many of these are close to one.
        largest: the largest correlation of all; 0 if none was compared.
    """

    compared: int
    close: int
    largest: float


def compare(model: Matrices, other: Matrices) -> Closeness:
    """Compare each matrix of a model with all those of another that have its shape."""
    best = [np.zeros(0, np.float32)]
    for shape in model.samples.keys() & other.samples.keys():
        mine, theirs = model.samples[shape], other.samples[shape]
        # Those with unequal sides lie with the shorter one first already.
        ways = [theirs, _transposed(theirs, min(ROWS, shape[0]))] if shape[0] == shape[1] else [theirs]
        for first in range(0, len(mine), BLOCK):
            part = mine[first : first + BLOCK]
            best.append(np.maximum.reduce([(part @ each.T).max(axis=1) for each in ways]))
    values = np.concatenate(best)
    return Closeness(len(values), int((values >= CLOSE).sum()), float(values.max(initial=0.0)))


def _transposed(samples: np.ndarray, side: int) -> np.ndarray:
    return samples.reshape(-1, side, side).transpose(0, 2, 1).reshape(len(samples), -1)


def read(files: Iterable[Path]) -> Matrices:
    """A sample of every matrix in a model's safetensors files; what a GGUF file holds is packed, and not read.

    Raises:
        UserError: a file is damaged.
    """
    found: dict[tuple[int, int], list[np.ndarray]] = {}
    packed = 0
    for file in files:
        if file.suffix.lower() == GGUF:
            packed += 1
            continue
        start, tensors = _header(file)
        for about in tensors:
            first, end = (start + place for place in about["data_offsets"])
            rows, columns = _sides(about["shape"])
            if about["dtype"] in PACKED and end - first >= ROWS**2:
                packed += len(np.unique(np.memmap(file, "u1", "r", first, (ROWS**2,)))) > 2  # else it is a mask
            elif about["dtype"] in READ_AS and rows > 1 and columns > 1:
                sample = _normal(_sample(file, first, about["dtype"], rows, columns))
                if sample is not None:
                    shape = (min(rows, columns), max(rows, columns))
                    found.setdefault(shape, []).append((sample if rows <= columns else sample.T).ravel())
    return Matrices({shape: np.stack(samples) for shape, samples in found.items()}, packed)


def _header(file: Path) -> tuple[int, list[dict[str, Any]]]:
    """Where the tensors of a safetensors file begin, and the type, shape and place of each."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np"):  # it checks that every tensor lies inside the file
            pass
        with file.open("rb") as content:
            length = int.from_bytes(content.read(8), "little")
            listed = json.loads(content.read(length))
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{file}: damaged or truncated ({error}); fetch or make it again.") from error
    return 8 + length, [about for name, about in listed.items() if name != "__metadata__"]


def _sides(shape: list[int]) -> tuple[int, int]:
    """Rows and columns of a tensor; the experts of a mixture lie below one another."""
    return (int(np.prod(shape[:-1], dtype=np.int64)), shape[-1]) if shape else (1, 1)


def _sample(file: Path, place: int, kind: str, rows: int, columns: int) -> np.ndarray:
    """Some rows and columns of a matrix, evenly spaced, as floats."""
    some = [np.linspace(0, size - 1, min(ROWS, size)).astype(int) for size in (rows, columns)]
    sample = np.memmap(file, READ_AS[kind], "r", place, (rows, columns))[some[0]][:, some[1]]
    # numpy has no bfloat16: it is the upper half of a float32.
    return (sample.astype("<u4") << 16).view("<f4") if kind == "BF16" else np.asarray(sample)


def _normal(sample: np.ndarray) -> np.ndarray | None:
    """The sample without the means of its rows and columns, of length 1; None if it proves nothing."""
    freedom = (sample.shape[0] - 1) * (sample.shape[1] - 1)
    if freedom < LEAST or not np.isfinite(sample).all() or len(np.unique(sample)) < KINDS:
        return None
    values = sample.astype(np.float64)
    values = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()
    length = np.linalg.norm(values)
    return (values / length).astype(np.float32) if length > 0 else None
