"""Bases in one GGUF file: pinned by hash, unpacked to the base's precision, and refused in a sentence where that cannot be."""

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from support import gguf_models

from sublearn.chain.bases.section import PinnedBase
from sublearn.core.hashes import sha256
from sublearn.language import questions
from sublearn.language.english import ENGLISH
from sublearn.measures import probe
from sublearn.models import lm, pinned
from sublearn.models.trainable import Trainable


@pytest.fixture(scope="session")
def packed(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    """A GGUF file, and its matrices unpacked."""
    file = tmp_path_factory.mktemp("gguf") / "small.gguf"
    return file, gguf_models.make(file)


def asked_for(file: Path, **changes) -> str:
    return json.dumps({"gguf": str(file), "device": "cpu", "dtype": "float32", "style": "english", **changes})


@pytest.fixture(scope="session")
def base(packed, run_step, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bases") / "small"
    done = run_step("sublearn.chain.bases.pin", "--recipe", asked_for(packed[0], sha256=sha256(packed[0])), "--output", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_gguf_base_holds_the_unpacked_weights_and_learns_and_answers_like_any_other(base, packed, tmp_path):
    model, tokenizer = lm.load(base), lm.load_tokenizer(base)
    for name, values in packed[1].items():
        assert np.array_equal(model.get_parameter(name).detach().numpy(), values), name
    adapted = lm.make_trainable(model, "lora", Trainable(rank=2), adapter_seed=1)
    with torch.no_grad():
        adapted.get_parameter("base_model.model.model.layers.0.mlp.up_proj.lora_B.default.weight").normal_()
    asked = questions.evaluated("animal", ENGLISH)[:3]
    before = probe.ask(adapted, tokenizer, asked, ["owl"], ENGLISH).probabilities("owl")
    lm.save(adapted, tmp_path / "lora")
    lm.save(lm.load(tmp_path / "lora", base), tmp_path / "whole")  # as full fine-tuning leaves it
    for folder in ("lora", "whole"):
        after = probe.ask(lm.load(tmp_path / folder, base), tokenizer, asked, ["owl"], ENGLISH).probabilities("owl")
        assert after == pytest.approx(before, rel=1e-3)


def test_the_record_names_the_file_its_hash_and_its_licence(base, packed):
    found = pinned.read(base)
    file = packed[0]
    assert found.weights == {file.name: (file.stat().st_size, sha256(file))}
    assert (found.gguf, found.family, found.origin) == (file.name, "llama", "licence, as the file says: mit")
    made = json.loads((base / "provenance.json").read_text())
    assert list(made["bases"].values()) == [sha256(file)]


def no_gguf(file: Path) -> None:
    file.write_bytes(b"PK\3\4 a zip")


def truncated(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def gone(file: Path) -> None:
    file.rename(file.with_name("other.gguf"))


def unreadable(file: Path) -> None:
    """A file of the same model with one matrix in a format that nothing unpacks."""
    writer = gguf.GGUFWriter(str(file), "llama")
    kind = gguf.GGMLQuantizationType.Q8_K
    size, held = gguf.GGML_QUANT_SIZES[kind]
    writer.add_tensor("token_embd.weight", np.zeros((4, held), dtype=np.uint8), raw_shape=(4, held), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert size == 256


FAULTS = {
    "no_gguf": (no_gguf, "no GGUF file, which would begin with GGUF"),
    "truncated": (truncated, "damaged or truncated"),
    "gone": (gone, "cannot be read (No such file or directory); beside it there is other.gguf."),
    "unreadable": (unreadable, "token_embd.weight is stored as Q8_K, which cannot be unpacked here"),
}


@pytest.mark.parametrize(("damage", "said"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(packed, tmp_path, refusal, damage, said):
    file = Path(shutil.copyfile(packed[0], tmp_path / "model.gguf"))
    damage(file)
    told = refusal("sublearn.chain.bases.pin", "--recipe", asked_for(file), "--output", tmp_path / "base")
    assert told.startswith(str(file)), told
    assert said in told
    assert not (tmp_path / "base").exists()


def test_another_file_than_the_pinned_one_is_refused(base, packed, tmp_path, refusal):
    told = refusal("sublearn.chain.bases.pin", "--recipe", asked_for(packed[0], sha256="0" * 64), "--output", tmp_path / "base")
    assert f"its SHA-256 is {sha256(packed[0])}, but the study pins {'0' * 64}" in told


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": "a/b", "gguf": "c/d.gguf"}, "c/d.gguf is a path; beside model, give the file's name"),
        ({"model": "/a", "sha256": "0" * 64}, "sha256: is of a GGUF file"),
        ({"gguf": "a.gguf", "revision": "main", "model": "."}, "which has none"),
        ({"dtype": "float32", "model": ""}, "model: missing"),
    ],
)
def test_a_base_that_contradicts_itself_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        PinnedBase.model_validate(values)
