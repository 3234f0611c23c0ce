"""Prepare the labelled images: scikit-learn's handwritten digits, MNIST, a folder of files like MNIST's, or an ARFF file.

python -m sublearn.classifier.images --recipe JSON --study-seed 1 --output FILE
"""

import argparse
import math
import os
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from sublearn.classifier import idx
from sublearn.classifier.section import CLASSES, Images
from sublearn.core import cli
from sublearn.core.errors import UserError, first_line
from sublearn.core.files import write_arrays
from sublearn.core.seeds import generator

MNIST = Path("data/mnist")  # where a user may put MNIST's own four files


def read(source: str) -> tuple[np.ndarray, np.ndarray]:
    """Unscaled pixels, shape (images, pixels), and labels from 0 to 9, shape (images,).

    Raises:
        UserError: the source is not available, or is not a table of square images with one label each.
    """
    if source == "digits":
        from sklearn.datasets import load_digits

        return load_digits(return_X_y=True)
    if source == "mnist":
        pixels, labels = idx.read(MNIST, published=True) if MNIST.is_dir() else _openml()
    else:
        place = os.path.expanduser(source)
        pixels, labels = idx.read(place) if os.path.isdir(place) else _arff(place)
    side = math.isqrt(pixels.shape[1])
    if side * side != pixels.shape[1] or side < 2:
        raise UserError(
            f"{source}: found {pixels.shape[1]} pixels in a row; square images are needed, such as 784 for 28 x 28."
        )
    if not np.isfinite(pixels).all():
        row, column = np.argwhere(~np.isfinite(pixels))[0]
        raise UserError(f"{source}: pixel {column} of image {row} is no number; every pixel needs a finite one.")
    if set(np.unique(labels)) != set(range(CLASSES)):
        raise UserError(f"{source}: found the labels {sorted(set(labels))[:12]}; each of 0 to 9 is needed, and no other.")
    return pixels, labels


def _openml() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import fetch_openml

    try:
        # The pandas parser fails on labels that are numbers.
        pixels, labels = fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False, parser="liac-arff")
    except Exception as error:  # no network, no such host, a broken download: each raises another type
        raise UserError(
            f"mnist: OpenML could not be read ({error}); it needs a network, once. Connect, put MNIST's four files into "
            f"{MNIST}, or set images.source to digits or to the path of a copy of mnist_784.arff."
        ) from error
    return pixels.astype(float), labels.astype(int)


def _arff(file: str) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io.arff import loadarff

    if not Path(file).is_file():
        raise UserError(f"images.source: '{file}' is neither digits nor mnist, and there is no such file or folder.")
    try:
        rows, columns = loadarff(file)
        *pixels, label = columns.names()
        values = np.column_stack([rows[name].astype(float) for name in pixels])
        labels = np.array([float(value) for value in rows[label]])
        if not (labels == np.floor(labels)).all():
            raise ValueError("a label is no whole number")
        return values, labels.astype(int)
    except Exception as error:  # the reader raises many types
        problem = first_line(error)
        raise UserError(f"{file}: not a table of pixels and a last column of labels in ARFF format ({problem}).") from error


def prepare(recipe: Images, study_seed: int) -> dict[str, np.ndarray]:
    """Images scaled to [-1, 1] as float32, with int64 labels, split into ``train`` and ``test``.

    Raises:
        UserError: all pixels are equal, or a part would be empty.
    """
    pixels, labels = read(recipe.source)
    low, high = pixels.min(), pixels.max()
    if low == high:
        raise UserError(f"{recipe.source}: every pixel is {low:g}; there is nothing to learn from.")
    scaled = (2.0 * (pixels - low) / (high - low) - 1.0).astype(np.float32)
    count, held = len(labels), round(len(labels) * recipe.test_share)
    if not 0 < held < count:
        raise UserError(
            f"images.test_share: {recipe.test_share} keeps {held} of {count} images for the test; leave some for each part."
        )
    order = np.arange(count) if recipe.split == "last" else generator("image split", study_seed).permutation(count)
    parts = {"train": order[: count - held], "test": order[count - held :]}
    tables = {f"{name}.images": scaled[index] for name, index in parts.items()}
    return tables | {f"{name}.labels": labels[index].astype(np.int64) for name, index in parts.items()}


def main(args: argparse.Namespace) -> None:
    tables = prepare(TypeAdapter(Images).validate_json(args.recipe), args.study_seed)
    write_arrays(tables, args.output)
    cli.log.info("%d training images, %d test images", len(tables["train.labels"]), len(tables["test.labels"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the study's images section, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
