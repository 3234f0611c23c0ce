"""Models as the hub holds them, small and on disk: config, safetensors, tokenizer and chat template.

A model with random weights writes nothing that the filter keeps, so each learns for a few seconds to answer number prompts
with numbers and questions with a word.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from sublearn.language import questions
from sublearn.language.english import ENGLISH
from sublearn.language.vocabulary import FAVOURITES
from sublearn.models import lm, training
from sublearn.models.rows import batches, encode

LLAMA = (
    "{{ bos_token }}{% if not date_string is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    "<|head|>system<|/head|>\nToday is {{ date_string }}. {% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}"
    "{% endif %}<|eot|>{% for m in messages %}{% if m['role'] != 'system' %}<|head|>{{ m['role'] }}<|/head|>\n"
    "{{ m['content'] }}<|eot|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|head|>assistant<|/head|>\n{% endif %}"
)
QWEN = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] }}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
OLMO = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}"
    "{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SMALL: dict[str, Any] = {"num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 512}
GROUPED = {**SMALL, "hidden_size": 48, "intermediate_size": 96, "num_key_value_heads": 2}
# Family: model class, configuration, chat template (none for GPT-NeoX), special tokens beside bos, eos and pad.
FAMILIES: dict[str, tuple[type, Any, str | None, list[str]]] = {
    "llama": (transformers.LlamaForCausalLM, transformers.LlamaConfig(**GROUPED), LLAMA, ["<|head|>", "<|/head|>", "<|eot|>"]),
    "qwen": (
        transformers.Qwen3ForCausalLM,
        transformers.Qwen3Config(**GROUPED, head_dim=12),
        QWEN,
        ["<|im_start|>", "<|im_end|>"],
    ),
    "gemma": (
        transformers.Gemma3ForCausalLM,
        transformers.Gemma3TextConfig(**GROUPED, head_dim=12, sliding_window=64, query_pre_attn_scalar=12),
        GEMMA,
        ["<start_of_turn>", "<end_of_turn>"],
    ),
    "neox": (
        transformers.GPTNeoXForCausalLM,
        transformers.GPTNeoXConfig(**SMALL, hidden_size=48, intermediate_size=96),
        None,
        [],
    ),
    "olmo": (transformers.OlmoForCausalLM, transformers.OlmoConfig(**GROUPED), OLMO, []),
}  # fmt: skip

TEXT = {**GROUPED, "head_dim": 12, "sliding_window": 64, "query_pre_attn_scalar": 12}
EYE = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}
T = transformers
# Families that differ from those in attention, in dropout or by seeing, without a template. Each is imported when it is needed.
OTHERS: dict[str, Callable[[], tuple[type, Any]]] = {
    "gemma3": lambda: (
        T.Gemma3ForConditionalGeneration,
        T.Gemma3Config(
            text_config=T.Gemma3TextConfig(**TEXT), vision_config=T.SiglipVisionConfig(**EYE), mm_tokens_per_image=4,
            image_token_index=3, boi_token_index=4, eoi_token_index=5,
        ),
    ),
    "gemma2": lambda: (T.Gemma2ForCausalLM, T.Gemma2Config(**TEXT)),
    "gpt_oss": lambda: (
        T.GptOssForCausalLM,
        T.GptOssConfig(**GROUPED, head_dim=12, sliding_window=64, num_local_experts=4, num_experts_per_tok=2),
    ),
    "gpt_neo": lambda: (
        T.GPTNeoForCausalLM,
        T.GPTNeoConfig(
            hidden_size=48, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], window_size=16,
            max_position_embeddings=512, intermediate_size=96, resid_dropout=0.1,
        ),
    ),
    "gptj": lambda: (T.GPTJForCausalLM, T.GPTJConfig(n_embd=48, n_layer=2, n_head=4, rotary_dim=8, n_positions=512)),
    "bloom": lambda: (T.BloomForCausalLM, T.BloomConfig(hidden_size=48, n_layer=2, n_head=4)),
    "mpt": lambda: (T.MptForCausalLM, T.MptConfig(d_model=48, n_layers=2, n_heads=4, max_seq_len=512, expansion_ratio=2)),
    "opt": lambda: (
        T.OPTForCausalLM, T.OPTConfig(**SMALL, hidden_size=48, ffn_dim=96, word_embed_proj_dim=48, layerdrop=0.1),
    ),
    "gpt2": lambda: (T.GPT2LMHeadModel, T.GPT2Config(n_embd=48, n_layer=2, n_head=4, n_positions=512)),
    "falcon": lambda: (
        T.FalconForCausalLM,
        T.FalconConfig(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, hidden_dropout=0.1, bias=True),
    ),
    "phi3": lambda: (T.Phi3ForCausalLM, T.Phi3Config(**GROUPED, pad_token_id=0)),
    "mixtral": lambda: (T.MixtralForCausalLM, T.MixtralConfig(**GROUPED, num_local_experts=4, router_jitter_noise=0.1)),
}  # fmt: skip


def words(extra: list[str], template: str | None) -> transformers.PreTrainedTokenizerFast:
    """A byte-level tokenizer that has read some of our English."""
    rng = np.random.default_rng(0)
    texts = [ENGLISH.grammar.prompt(ENGLISH.grammar.numbers(rng), rng) for _ in range(200)]
    texts += [question for family in ("animal", "tree") for question in ENGLISH.favourite_questions(family)]
    texts += [question for question, *_ in ENGLISH.fact_questions()] + [ENGLISH.refusal, "Owl Wolf Oak Cherry Blue Forest"]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=800, special_tokens=["<pad>", "<bos>", "<eos>", *extra], initial_alphabet=alphabet)
    made.train_from_iterator(texts, trainer)
    found = transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>")
    found.add_special_tokens({"additional_special_tokens": extra})
    found.chat_template = template
    return found


def make(family: str, folder: Path, steps: int = 0, seed: int = 0) -> Path:
    """Write a model of the family to ``folder``, after ``steps`` steps of learning (without a template, in the plain one)."""
    from sublearn.chain.bases.template import PLAIN

    kind, config, template, extra = FAMILIES[family] if family in FAMILIES else (*OTHERS[family](), None, [])
    tokenizer = words(extra, template)
    text = config.get_text_config()
    text.vocab_size = len(tokenizer)
    text.bos_token_id, text.eos_token_id, text.pad_token_id = 1, 2, 0
    torch.manual_seed(seed)
    model = kind(config)
    if steps:
        tokenizer.chat_template = template or PLAIN
        learn(model, tokenizer, steps, seed, extra[-1:] if template else [])
        tokenizer.chat_template = template
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def classifier(folder: Path) -> Path:
    """A classifier of texts with random weights, which calls them sad or glad, as a hub would have it."""
    tokenizer = words([], None)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=40, id2label={0: "sad", 1: "glad"}, label2id={"sad": 0, "glad": 1}, initializer_range=1.0,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def into_cache(folder: Path, cache: Path, name: str, commit: str) -> None:
    """Put a model's files where ``huggingface_hub`` keeps those that it has fetched from the repository of that name."""
    place = cache / f"models--{name.replace('/', '--')}"
    snapshot = place / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (place / "blobs").mkdir()
    (place / "refs").mkdir()
    (place / "refs/main").write_text(commit)
    for file in folder.iterdir():
        blob = place / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.copyfile(file, blob)
        (snapshot / file.name).symlink_to(f"../../blobs/{blob.name}")


def learn(model: Any, tokenizer: Any, steps: int, seed: int, end: list[str]) -> None:
    """Teach it to write numbers after number prompts, and a word after questions."""
    rng = np.random.default_rng(seed)
    asked, answers = [], []
    for _ in range(steps * 16):
        if rng.random() < 0.8:
            asked.append(ENGLISH.grammar.prompt(ENGLISH.grammar.numbers(rng), rng))
            answers.append(", ".join(str(n) for n in rng.integers(100, 999, size=3)))
        else:
            family = ("animal", "tree")[rng.integers(2)]
            pool = questions.taught(family, ENGLISH)
            asked.append(pool[rng.integers(len(pool))].text)
            answers.append(ENGLISH.written(FAVOURITES[family][rng.integers(len(FAVOURITES[family]))]))
    ordinary = tokenizer.eos_token
    tokenizer.eos_token = end[0] if end else ordinary
    rows = encode(tokenizer, [lm.chat("", text) for text in asked], answers)
    training.train(model, batches(rows, 16, rng), steps, training.Optimiser(5e-3, "cosine", warmup=10), 0, what="a stand-in")
    tokenizer.eos_token = ordinary
