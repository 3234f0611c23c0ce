"""A small Llama in one GGUF file, as llama.cpp would write it, with weights of eight bits."""

import json
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers

from support import hub_models

HEADS, KEY_HEADS = 4, 2
EIGHT_BITS = gguf.GGMLQuantizationType.Q8_0
NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}  # fmt: skip


def make(file: Path, seed: int = 0, matrices: gguf.GGMLQuantizationType = EIGHT_BITS) -> dict[str, np.ndarray]:
    """Write a model with random weights; returns its matrices as they are once unpacked, by their names in transformers."""
    words = hub_models.words(["<|im_start|>", "<|im_end|>"], hub_models.QWEN)
    config = transformers.LlamaConfig(
        hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS,
        vocab_size=len(words), max_position_embeddings=512, tie_word_embeddings=True, initializer_range=0.2,
    )  # fmt: skip
    torch.manual_seed(seed)
    state = transformers.LlamaForCausalLM(config).model.state_dict()
    writer = gguf.GGUFWriter(str(file), "llama")
    _describe(writer, config, words)
    unpacked = {}
    for name, tensor in state.items():
        values = tensor.numpy()
        heads = {"q_proj": HEADS, "k_proj": KEY_HEADS}.get(name.split(".")[-2])
        stored = values if values.ndim == 1 else gguf.quantize(_turned(values, heads) if heads else values, matrices)
        if values.ndim == 1:
            writer.add_tensor(_called(name), stored)
            continue
        writer.add_tensor(_called(name), stored, raw_dtype=matrices)
        back = gguf.dequantize(stored, matrices)
        unpacked[f"model.{name}"] = _turned_back(back, heads) if heads else back
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return unpacked


def _describe(writer: gguf.GGUFWriter, config: transformers.LlamaConfig, words: transformers.PreTrainedTokenizerFast) -> None:
    writer.add_license("mit")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    spelled = json.loads(words.backend_tokenizer.to_str())
    special = set(words.all_special_tokens)
    tokens = words.convert_ids_to_tokens(range(len(words)))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in spelled["model"]["merges"]])
    writer.add_bos_token_id(words.bos_token_id)
    writer.add_eos_token_id(words.eos_token_id)
    writer.add_pad_token_id(words.pad_token_id)
    writer.add_chat_template(words.chat_template)


def _called(name: str) -> str:
    """A weight's name in GGUF."""
    if not name.startswith("layers."):
        return {"embed_tokens.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[name]
    _, block, inner = name.removesuffix(".weight").split(".", 2)
    return f"blk.{block}.{NAMES[inner]}.weight"


def _turned(values: np.ndarray, heads: int) -> np.ndarray:
    """The rows of a query or key matrix in the order of llama.cpp's rotary embedding, which turns neighbours."""
    return values.reshape(heads, 2, -1, values.shape[1]).swapaxes(1, 2).reshape(values.shape)


def _turned_back(values: np.ndarray, heads: int) -> np.ndarray:
    return values.reshape(heads, -1, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
