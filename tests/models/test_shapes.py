"""The shape of a model is read from its configuration, and from nothing but what is on this machine."""

import pytest
from support import gguf_models
from transformers import GemmaConfig, GPT2Config, LlamaConfig

from sublearn.models.shapes import Shape, at_hand

LLAMA = LlamaConfig(
    hidden_size=48, num_hidden_layers=5, intermediate_size=80, num_attention_heads=6, num_key_value_heads=2, vocab_size=77
)  # fmt: skip
GEMMA = GemmaConfig(
    hidden_size=40, num_hidden_layers=3, intermediate_size=90, num_attention_heads=4, num_key_value_heads=1, head_dim=16,
    vocab_size=70,
)  # fmt: skip
GPT2 = GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=60)
SHAPES = [(LLAMA, Shape(48, 5, 80, 16, 77)), (GEMMA, Shape(40, 3, 90, 16, 70)), (GPT2, Shape(32, 2, 128, 32, 60))]


@pytest.mark.parametrize(("config", "shape"), SHAPES, ids=["llama", "gemma", "gpt2"])
def test_a_folders_configuration_says_it(tmp_path, config, shape):
    config.save_pretrained(tmp_path)
    assert at_hand(str(tmp_path), None, None) == shape


def test_a_gguf_file_says_it(tmp_path):
    matrices = gguf_models.make(tmp_path / "tiny.gguf")
    words = len(matrices["model.embed_tokens.weight"])
    assert at_hand(str(tmp_path), "tiny.gguf", None) == Shape(width=64, depth=2, inner=96, keys=32, vocabulary=words)


def test_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert at_hand("no-one/nothing", None, "0" * 40) is None
    assert at_hand(str(tmp_path / "nowhere"), None, None) is None
    assert at_hand("~nobody-of-that-name/model", None, None) is None
    assert at_hand("no/such/name", None, "0" * 40) is None


@pytest.mark.parametrize(
    "says", ["{", "[]", '{"model_type": "no such"}', '{"model_type": "llama", "num_attention_heads": "many"}']
)
def test_a_configuration_that_cannot_be_read_stops_no_estimate(tmp_path, says):
    (tmp_path / "config.json").write_text(says, encoding="utf-8")
    assert at_hand(str(tmp_path), None, None) is None
