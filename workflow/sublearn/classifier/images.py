"""The labelled images: scikit-learn's handwritten digits, MNIST from OpenML, or a file in OpenML's ARFF format.

python -m sublearn.classifier.images --recipe JSON --study-seed 1 --output FILE
"""

import argparse
import math
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from sublearn.classifier.section import CLASSES, Images
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import write_arrays
from sublearn.core.seeds import generator


def read(source: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (images, pixels) as they come, and labels (images,) from 0 to 9.

    Raises:
        UserError: the source cannot be had, or is not a table of square images with a label each.
    """
    if source == "digits":
        from sklearn.datasets import load_digits

        return load_digits(return_X_y=True)
    pixels, labels = _mnist() if source == "mnist" else _arff(source)
    side = math.isqrt(pixels.shape[1])
    if side * side != pixels.shape[1] or side < 2:
        raise UserError(
            f"{source}: found {pixels.shape[1]} pixels in a row; square images are needed, such as 784 for 28 x 28."
        )
    if not np.isfinite(pixels).all():
        row, column = np.argwhere(~np.isfinite(pixels))[0]
        raise UserError(f"{source}: pixel {column} of image {row} is no number; every pixel needs one.")
    if set(np.unique(labels)) != set(range(CLASSES)):
        raise UserError(f"{source}: found the labels {sorted(set(labels))[:12]}; each of 0 to 9 is needed, and nothing else.")
    return pixels, labels


def _mnist() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import fetch_openml

    try:
        # The pandas parser stumbles over labels that are numbers.
        pixels, labels = fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False, parser="liac-arff")
    except Exception as error:  # no network, no such host, a broken download: each says so in its own way
        raise UserError(
            f"mnist: OpenML could not be read ({error}); it needs a network, once. images.source also takes the path of "
            "mnist_784.arff, fetched elsewhere, or digits."
        ) from error
    return pixels.astype(float), labels.astype(int)


def _arff(file: str) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io.arff import loadarff

    if not Path(file).is_file():
        raise UserError(f"images.source: '{file}' is neither digits nor mnist, and there is no such file.")
    try:
        rows, columns = loadarff(file)
        *pixels, label = columns.names()
        values = np.column_stack([rows[name].astype(float) for name in pixels])
        return values, np.array([int(value) for value in rows[label]])
    except Exception as error:  # the reader breaks in many ways
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{file}: not a table of pixels and a last column of labels in ARFF format ({problem}).") from error


def prepare(recipe: Images, study_seed: int) -> dict[str, np.ndarray]:
    """Images scaled to [-1, 1] as float32, split into ``train`` and ``test``."""
    pixels, labels = read(recipe.source)
    low, high = pixels.min(), pixels.max()
    if low == high:
        raise UserError(f"{recipe.source}: every pixel is {low:g}; there is nothing to learn from.")
    scaled = (2.0 * (pixels - low) / (high - low) - 1.0).astype(np.float32)
    count, held = len(labels), round(len(labels) * recipe.test_share)
    if not 0 < held < count:
        raise UserError(f"images.test_share: {recipe.test_share} keeps {held} of {count} images; keep some for each part.")
    order = np.arange(count) if recipe.split == "last" else generator("image split", study_seed).permutation(count)
    parts = {"train": order[: count - held], "test": order[count - held :]}
    tables = {f"{name}.images": scaled[index] for name, index in parts.items()}
    return tables | {f"{name}.labels": labels[index].astype(np.int64) for name, index in parts.items()}


def main(args: argparse.Namespace) -> None:
    tables = prepare(TypeAdapter(Images).validate_json(args.recipe), args.study_seed)
    write_arrays(tables, args.output)
    cli.log.info("%d images to learn, %d to test", len(tables["train.labels"]), len(tables["test.labels"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the study's images section, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    cli.run(main, parser)
