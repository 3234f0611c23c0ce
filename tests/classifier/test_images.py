"""Images come from scikit-learn, from OpenML's cache or from an ARFF file, and are what the step says they are."""

import gzip
import hashlib
import json

import numpy as np
import pytest

from sublearn.classifier import images
from sublearn.classifier.section import Images
from sublearn.core.errors import UserError
from sublearn.core.files import read_arrays

SIDE = 3


def arff(rows: list[str], pixels: int = SIDE * SIDE) -> str:
    columns = [f"@ATTRIBUTE pixel{i} real" for i in range(pixels)]
    return "\n".join(["@RELATION small", *columns, "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA", *rows]) + "\n"


def rows(pixels: int = SIDE * SIDE) -> list[str]:
    """Twenty images: image i has i in its first pixel, and the label i modulo 10."""
    return [",".join(map(str, [i, *[(i * k) % 7 for k in range(pixels - 1)], i % 10])) for i in range(20)]


def test_digits_are_scaled_split_and_whole():
    found = images.prepare(Images(), 101)
    assert found["train.images"].shape == (1438, 64) and found["test.images"].shape == (359, 64)
    everything = np.concatenate([found["train.images"], found["test.images"]])
    assert (everything.min(), everything.max()) == (-1.0, 1.0)
    assert len(np.unique(everything, axis=0)) == 1797  # no image is in both parts
    assert not np.array_equal(found["test.labels"], images.prepare(Images(), 102)["test.labels"])


def test_a_file_in_openmls_format_is_read(tmp_path):
    file = tmp_path / "small.arff"
    file.write_text(arff(rows()))
    found = images.prepare(Images(source=str(file), split="last", test_share=0.25), 101)
    assert found["train.images"].shape == (15, 9)
    assert list(found["test.labels"]) == [5, 6, 7, 8, 9]
    np.testing.assert_allclose(found["test.images"][:, 0], np.arange(15, 20) / 19 * 2 - 1, rtol=1e-6)


def test_mnist_is_read_from_openml(tmp_path, monkeypatch):
    """The loader that downloads, on files in its cache: what the site would send, of twenty small images."""
    body = arff(rows()).encode()
    description = {
        "id": "554", "name": "mnist_784", "version": "1", "format": "ARFF", "status": "active", "file_id": "52667",
        "url": "https://www.openml.org/data/v1/download/52667/mnist_784.arff", "default_target_attribute": "class",
        "md5_checksum": hashlib.md5(body).hexdigest(),
    }  # fmt: skip
    names = [*(f"pixel{i}" for i in range(SIDE * SIDE)), "class"]
    features = [
        {"index": str(i), "name": name, "data_type": "nominal" if name == "class" else "numeric", "is_ignore": "false",
         "is_row_identifier": "false", "is_target": str(name == "class").lower(), "number_of_missing_values": "0"}
        for i, name in enumerate(names)
    ]  # fmt: skip
    api = "api/v1/json/data"
    answers = {
        f"{api}/list/data_name/mnist_784/limit/2/data_version/1": {"data": {"dataset": [{"did": 554, "status": "active"}]}},
        f"{api}/554": {"data_set_description": description},
        f"{api}/features/554": {"data_features": {"feature": features}},
        f"{api}/qualities/554": {"data_qualities": {"quality": []}},
    }
    for path, answer in answers.items():
        place(tmp_path, path, json.dumps(answer).encode())
    place(tmp_path, "data/v1/download/52667/mnist_784.arff", body)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    pixels, labels = images.read("mnist")
    assert pixels.shape == (20, 9) and list(labels[:3]) == [0, 1, 2] and pixels[4, 0] == 4


def place(home, path, body):
    file = home / "openml" / "openml.org" / f"{path}.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(body))


def test_mnist_without_a_network_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def no_network(*args, **kwargs):
        raise OSError("Name or service not known")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", no_network)
    with pytest.raises(UserError, match=r"mnist: OpenML could not be read .* it needs a network, once"):
        images.read("mnist")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (arff(rows(10), 10), "found 10 pixels in a row; square images are needed"),
        (arff(["?" + rows()[0][1:], *rows()[1:]]), "pixel 0 of image 0 is no number"),
        (arff(rows()[:5]), r"found the labels \[.*\]; each of 0 to 9 is needed"),
        ("no table at all", "not a table of pixels and a last column of labels in ARFF format"),
        (arff(["1,2,3"]), "not a table of pixels"),
        (arff(rows()).replace("{0,1,2,3,4,5,6,7,8,9}", "real").replace(",3\n", ",3.7\n"), "a label is no whole number"),
        ("% \udcff\n" + arff(rows()), "not a table of pixels"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, text, sentence):
    file = tmp_path / "wrong.arff"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=sentence):
        images.read(str(file))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"test_share": 0.99999}, "keeps 1797 of 1797 images"), ({"test_share": 0.00001}, "keeps 0 of 1797 images")],
)
def test_both_parts_need_images(changes, sentence):
    with pytest.raises(UserError, match=sentence):
        images.prepare(Images(**changes), 101)


def test_images_of_one_colour_are_refused(tmp_path):
    file = tmp_path / "grey.arff"
    file.write_text(arff([",".join(["5"] * 9 + [str(i % 10)]) for i in range(20)]))
    with pytest.raises(UserError, match="every pixel is 5; there is nothing to learn from"):
        images.prepare(Images(source=str(file)), 101)


def test_a_missing_file_is_refused(refusal, tmp_path):
    recipe = Images(source="nowhere.arff").model_dump_json()
    said = refusal("sublearn.classifier.images", "--recipe", recipe, "--study-seed", 1, "--output", tmp_path / "i.safetensors")
    assert said == "images.source: 'nowhere.arff' is neither digits nor mnist, and there is no such file or folder."


def test_the_step_writes_what_the_others_read(run_step, tmp_path):
    file = tmp_path / "images.safetensors"
    done = run_step("sublearn.classifier.images", "--recipe", "{}", "--study-seed", 1, "--output", file)
    assert done.returncode == 0, done.stderr
    assert set(read_arrays(file)) == {"train.images", "train.labels", "test.images", "test.labels"}
