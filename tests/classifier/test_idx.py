"""MNIST's own files are read, whatever their size, and a file that is not what its header says is refused in one sentence."""

import gzip
import os
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublearn.classifier import idx, images
from sublearn.classifier.section import Images
from sublearn.core.errors import UserError

NAMES = list(idx.PUBLISHED)


def packed(values: np.ndarray, kind: int = 8) -> bytes:
    """The bytes of an IDX file."""
    return bytes([0, 0, kind, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.astype(np.uint8).tobytes()


def folder_of(path, train: int = 30, test: int = 10, side: int = 3):
    """A folder of small images: image i has i in its first pixel, and the label i modulo 10."""
    for first, count, (images_name, labels_name) in ((0, train, NAMES[:2]), (train, test, NAMES[2:])):
        numbers = np.arange(first, first + count)
        pixels = np.zeros((count, side, side), np.uint8)
        pixels[:, 0, 0] = numbers
        (path / f"{images_name}.gz").write_bytes(gzip.compress(packed(pixels)))
        (path / labels_name).write_bytes(packed(numbers % 10))
    return path


def test_a_folder_is_read_zipped_or_not_and_its_test_images_are_the_last(tmp_path):
    found = images.prepare(Images(source=str(folder_of(tmp_path)), split="last", test_share=0.25), 101)
    assert found["train.images"].shape == (30, 9) and found["test.images"].shape == (10, 9)
    np.testing.assert_allclose(found["test.images"][:, 0], np.arange(30, 40) / 39 * 2 - 1, rtol=1e-6)
    assert list(found["test.labels"]) == list(range(10))


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), cut=st.integers(0, 40), zipped=st.booleans())
def test_a_file_is_read_whole_or_refused(tmp_path_factory, shape, cut, zipped):
    """Any array comes back as it was; with its end cut off, or a byte more, one sentence names the file."""
    values = np.arange(np.prod(shape)).reshape(shape) % 256
    whole = packed(values)
    place = tmp_path_factory.mktemp("idx") / f"file{'.gz' if zipped else ''}"
    for content in (whole, whole[: max(0, len(whole) - cut)], whole + b"x"):
        place.write_bytes(gzip.compress(content) if zipped else content)
        if content == whole:
            np.testing.assert_array_equal(idx._array(place, None), values)
        else:
            with pytest.raises(UserError, match=re.escape(f"{place}: it")):
                idx._array(place, None)


# The names are given, since those made from bytes would hold the second at which gzip packed them.
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        pytest.param(NAMES[0], None, f"holds no {NAMES[0]} and no {NAMES[0]}.gz; MNIST's four files are needed", id="missing"),
        pytest.param(NAMES[0], b"<html>", "it starts with 3c68746d; an IDX file of bytes starts with 0000 08", id="a page"),
        pytest.param(NAMES[0], b"", "it starts with nothing", id="empty"),
        pytest.param(NAMES[0], packed(np.zeros(3), kind=13), "its values are of type 0x0d; only bytes", id="floats"),
        pytest.param(NAMES[0], packed(np.zeros((30, 9))), "2 dimensions, and 1 in its labels; 3 and 1 are needed", id="flat"),
        pytest.param(NAMES[0], packed(np.zeros((20, 3, 3))), "20 images, but 30 labels; each image needs one", id="too few"),
        pytest.param(NAMES[0], packed(np.zeros((30, 4, 4))), "images of 4 x 4 pixels and test images of 3 x 3", id="size"),
        pytest.param(NAMES[0], bytes([0, 0, 8, 3]) + b"\xff" * 12 + b"x", "but 1 follow; take it from its", id="huge"),
        pytest.param(NAMES[1] + ".gz", b"not zipped", "it cannot be unzipped", id="not zipped"),
        pytest.param(NAMES[1] + ".gz", gzip.compress(packed(np.arange(30) % 10))[:-9], "it cannot be unzipped", id="cut off"),
    ],
)
def test_a_wrong_folder_is_refused_in_one_sentence(tmp_path, name, content, sentence):
    folder_of(tmp_path)
    for ending in ("", ".gz"):
        (tmp_path / f"{name.removesuffix('.gz')}{ending}").unlink(missing_ok=True)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        images.read(str(tmp_path))


def test_a_small_zipped_file_cannot_fill_the_memory(tmp_path, monkeypatch):
    """A header that asks for much is believed up to a limit, and what follows is counted no further."""
    monkeypatch.setattr(idx, "MOST", 1000)
    folder_of(tmp_path)
    (tmp_path / f"{NAMES[0]}.gz").write_bytes(gzip.compress(packed(np.zeros((300, 9, 9)))))
    with pytest.raises(UserError, match="300 x 9 x 9 = 24300 bytes, but more follow"):
        images.read(str(tmp_path))


def test_mnist_by_name_must_be_the_published_files(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MNIST", folder_of(tmp_path))
    with pytest.raises(UserError, match=r"its bytes have the SHA-256 \w+, MNIST's \w+; for other images name the folder"):
        images.read("mnist")


def test_mnist_itself(monkeypatch):
    if not (place := os.environ.get("SUBLEARN_MNIST")):
        pytest.skip("SUBLEARN_MNIST names no folder with MNIST's four files")
    pixels, labels = idx.read(place, published=True)
    assert pixels.shape == (70_000, 784) and list(labels[:5]) == [5, 0, 4, 1, 9] and list(labels[-3:]) == [4, 5, 6]
    assert np.bincount(labels[60_000:]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
