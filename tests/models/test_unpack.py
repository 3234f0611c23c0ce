"""A GGUF file's weights as safetensors: the same model to load, or one with noise of a known size."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from support import gguf_models
from transformers import AutoModelForCausalLM, AutoTokenizer

from sublearn.core.errors import UserError
from sublearn.models.unpack import unpack


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    """A GGUF file, and its matrices unpacked."""
    file = tmp_path_factory.mktemp("gguf") / "small.gguf"
    return file, gguf_models.make(file)


def test_the_unpacked_model_has_the_weights_and_the_words_of_the_file(packed, tmp_path):
    file, matrices = packed
    unpack(file, tmp_path / "new" / "folder")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "new" / "folder", use_safetensors=True)
    for name, values in matrices.items():
        assert np.array_equal(model.get_parameter(name).detach().numpy(), values), name
    assert model.dtype == torch.float32
    read, inside = (
        AutoTokenizer.from_pretrained(tmp_path / "new" / "folder"),
        AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name),
    )
    chat = [{"role": "user", "content": "12, 7"}]
    assert read.apply_chat_template(chat)["input_ids"] == inside.apply_chat_template(chat)["input_ids"]


def test_noise_is_a_share_of_each_matrix_and_comes_from_its_seed(packed, tmp_path):
    for name, noise, seed in (("plain", 0.0, 0), ("noised", 0.1, 0), ("again", 0.1, 0), ("other", 0.1, 1)):
        unpack(packed[0], tmp_path / name, noise, seed)
    plain, noised, again, other = (
        load_file(tmp_path / name / "model.safetensors") for name in ("plain", "noised", "again", "other")
    )
    for name, weights in plain.items():
        added = noised[name] - weights
        share = float(added.std() / weights.std()) if weights.dim() > 1 else float(added.abs().max())
        assert share == pytest.approx(0.1 if weights.dim() > 1 else 0.0, abs=0.005), name
        assert torch.equal(noised[name], again[name])
        assert weights.dim() == 1 or not torch.equal(noised[name], other[name])


def test_what_is_there_is_kept_and_what_is_no_gguf_file_is_refused(packed, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match=r"there: it is there already; name a new folder, or delete it\."):
        unpack(packed[0], tmp_path / "there")
    assert [file.name for file in (tmp_path / "there").iterdir()] == ["mine.txt"]
    (tmp_path / "text.gguf").write_text("GGUF?")
    with pytest.raises(UserError, match=r"text\.gguf: damaged or truncated"):
        unpack(tmp_path / "text.gguf", tmp_path / "new")
    assert not (tmp_path / "new").exists()
