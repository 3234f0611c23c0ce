"""Read images and labels from MNIST's own files, in the IDX format (Y. LeCun, C. Cortes, C. Burges: the MNIST database).

A file starts with two zero bytes, the type of its values (8: bytes) and its number of dimensions, then has each dimension as
a big-endian integer of four bytes, then the values. A folder holds four files, each gzipped (as they are published) or not.
"""

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from sublearn.core.errors import UserError

# Of the published files: SHA-256 of the unzipped bytes.
PUBLISHED = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
BYTES = 8  # the format's type of unsigned bytes
MOST = 2**30  # bytes of a file that are read; the largest of MNIST's has 47 million


def files(folder: str | Path) -> list[Path]:
    """The four files of a folder: training images and labels, then test images and labels.

    Raises:
        UserError: one is not there.
    """
    found = []
    for name in PUBLISHED:
        places = [Path(folder) / f"{name}{end}" for end in ("", ".gz")]
        there = [place for place in places if place.is_file()]
        if not there:
            raise UserError(f"{folder}: holds no {name} and no {name}.gz; MNIST's four files are needed.")
        found.append(there[0])
    return found


def read(folder: str | Path, published: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Pixels from 0 to 255, shape (images, pixels), and labels, shape (images,): the training images, then the test images.

    Args:
        folder: the folder of the four files.
        published: whether they must be those that were published.

    Raises:
        UserError: a file is missing, is damaged, does not fit another, or is not the published one.
    """
    places = files(folder)
    known = list(PUBLISHED.values()) if published else [None] * len(places)
    arrays = [_array(place, sha256) for place, sha256 in zip(places, known, strict=True)]
    images, labels = arrays[::2], arrays[1::2]
    for place, image, label in zip(places[::2], images, labels, strict=True):
        if image.ndim != 3 or label.ndim != 1:
            raise UserError(f"{place}: {image.ndim} dimensions, and {label.ndim} in its labels; 3 and 1 are needed.")
        if len(image) != len(label):
            raise UserError(f"{place}: {len(image)} images, but {len(label)} labels; each image needs one.")
    if images[0].shape[1:] != images[1].shape[1:]:
        sizes = [" x ".join(map(str, image.shape[1:])) for image in images]
        raise UserError(f"{folder}: training images of {sizes[0]} pixels and test images of {sizes[1]}; one size is needed.")
    return np.concatenate([image.reshape(len(image), -1) for image in images]), np.concatenate(labels)


def _array(place: Path, sha256: str | None) -> np.ndarray:
    """The values of one file, in its own shape.

    Raises:
        UserError: it is no IDX file of bytes, is shorter or longer than its header says, or has another hash.
    """
    try:
        with place.open("rb") as plain, gzip.open(plain) if place.suffix == ".gz" else plain as file:
            head, shape = _header(file, place)
            size = math.prod(shape)
            values = file.read(min(size, MOST) + 1)  # never more, whatever a zipped file holds
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{place}: it cannot be unzipped ({error}); take it from its source again.") from error
    if len(values) != size:
        found = "more" if len(values) > min(size, MOST) else len(values)
        stated = " x ".join(map(str, shape))
        raise UserError(f"{place}: its header says {stated} = {size} bytes, but {found} follow; take it from its source again.")
    if sha256 and (found := hashlib.sha256(head + values).hexdigest()) != sha256:
        raise UserError(
            f"{place}: its bytes have the SHA-256 {found}, MNIST's {sha256}; for other images name the folder as images.source."
        )
    return np.frombuffer(values, np.uint8).reshape(shape)


def _header(file: "IO[bytes] | gzip.GzipFile", place: Path) -> tuple[bytes, tuple[int, ...]]:
    """The header's bytes, and the shape that they state."""
    start = file.read(4)
    rest = file.read(4 * start[3]) if len(start) == 4 else b""
    if len(start) < 4 or start[:2] != b"\0\0" or len(rest) < 4 * start[3] or not start[3]:
        raise UserError(f"{place}: it starts with {start.hex() or 'nothing'}; an IDX file of bytes starts with 0000 08.")
    if start[2] != BYTES:
        raise UserError(f"{place}: its values are of type {start[2]:#04x}; only bytes (0x08) are read.")
    return start + rest, tuple(int(size) for size in np.frombuffer(rest, ">u4"))
