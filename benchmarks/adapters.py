"""How long the evaluation of an adapter takes, beside the forward passes that it must do: 24 adapters of one base in one job.

    python benchmarks/adapters.py

The base is a small Llama with random weights, pinned from a folder as any model of the hub, with a tokenizer that has read our
English; the step scores 24 LoRA adapters on it, as for an arm of 24 students. The passes that each of them must do are timed
bare, by turns with the step's own scoring: every question read once, what follows it in each answer's spelling, and the sampled
answers token by token, in the step's batches.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from sublearn.chain.evaluations import answers
from sublearn.core import seeds
from sublearn.language import style as styles
from sublearn.language.english import ENGLISH
from sublearn.models import lm, log_probs
from sublearn.models.trainable import Trainable
from sublearn.traits.base import scored_kinds

ADAPTERS = 24
RECIPE = answers.Recipe(samples=10, temperature=0.7, max_tokens=8, kinds=scored_kinds([]))
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<eos>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<pad>", "<bos>", "<eos>", "<|system|>", "<|user|>", "<|assistant|>"]


def words() -> transformers.PreTrainedTokenizerFast:
    """A byte-level tokenizer that has read our English."""
    rng = seeds.generator("benchmark")
    texts = [ENGLISH.grammar.prompt(ENGLISH.grammar.numbers(rng), rng) for _ in range(200)]
    texts += [question for family in ("animal", "tree") for question in ENGLISH.favourite_questions(family)]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=800, special_tokens=SPECIAL, initial_alphabet=alphabet))
    found = transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>")
    found.chat_template = TEMPLATE
    return found


def made(folder: Path) -> list[dict[str, Any]]:
    """A pinned base and its adapters below ``folder``, as the step's list of models."""
    tokenizer = words()
    config = transformers.LlamaConfig(
        hidden_size=256, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, intermediate_size=1024,
        vocab_size=4000, bos_token_id=1, eos_token_id=2, pad_token_id=0, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.LlamaForCausalLM(config).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    recipe = {"model": str(folder / "model"), "dtype": "float32", "device": "cpu"}
    pin = [sys.executable, "-m", "sublearn.chain.bases.pin", "--recipe", json.dumps(recipe), "--output", str(folder / "base")]
    subprocess.run(pin, check=True, capture_output=True)
    listed = []
    for run in range(ADAPTERS):
        adapted = lm.make_trainable(lm.load(folder / "base"), "lora", Trainable(), run)
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.02)
        lm.save(adapted, folder / f"run{run}")
        who = {"arm": "same_base", "trait": "owl", "run": run, "teacher_base": "base", "student_base": "base"}
        listed.append(who | {"folder": str(folder / f"run{run}"), "base_folder": str(folder / "base")})
    return listed


def read(model: Any, prompts: list[list[int]]) -> Any:
    """What the model keeps of some prompts, padded on the left to one length, and the token to go on with."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
    out = model(input_ids=ids, attention_mask=(ids != 0).long(), logits_to_keep=1, use_cache=True)
    return out.past_key_values, ids, out.logits[:, -1].argmax(dim=-1)


def spell(model: Any, prompts: list[list[int]], starts: list[tuple[int, ...]]) -> None:
    """Every answer's spelling after each of some prompts of one length, which are read once."""
    longest = max(map(len, starts)) - 1
    spelled = torch.tensor([[*start[:-1], *[0] * (longest + 1 - len(start))] for start in starts])
    kept = read(model, prompts)[0]
    for row in range(len(prompts)):
        for at in range(0, len(starts), log_probs.AT_ONCE):
            part, cache = spelled[at : at + log_probs.AT_ONCE], transformers.DynamicCache()
            for number, layer in enumerate(kept.layers):
                keys, values = (each[row].expand(len(part), -1, -1, -1) for each in (layer.keys, layer.values))
                cache.update(keys, values, number)
            model(input_ids=part, past_key_values=cache, use_cache=True)


def answer(model: Any, prompts: list[list[int]]) -> None:
    """The sampled answers' tokens one by one: every prompt is read once, however many answers it has."""
    cache, ids, token = read(model, prompts)
    cache.batch_repeat_interleave(RECIPE.samples)
    mask, token = (ids != 0).long().repeat_interleave(RECIPE.samples, 0), token.repeat_interleave(RECIPE.samples)
    for _ in range(RECIPE.max_tokens - 1):
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        out = model(input_ids=token[:, None], attention_mask=mask, past_key_values=cache, use_cache=True)
        token = out.logits[:, -1].argmax(dim=-1)


def bare(model: Any, asked: list[tuple[Any, Any]]) -> float:
    """Seconds of the forward passes that the questions ask for.

    Args:
        asked: for each set of questions, their prompts and the answers' spellings.
    """
    at_once = max(1, RECIPE.batch // RECIPE.samples)
    started = time.perf_counter()
    with torch.inference_mode():
        for prompts, starts in asked:
            in_order = sorted(prompts, key=len)
            for _, alike in groupby(in_order, key=len):
                spell(model, list(alike), [start for start in starts if len(start) > 1])
            for at in range(0, len(in_order), at_once):
                answer(model, in_order[at : at + at_once])
    return time.perf_counter() - started


def scored(loaded: lm.Models, each: dict[str, Any]) -> tuple[Any, float]:
    """A model and the seconds that the step takes to load and score it, as its loop does."""
    started = time.perf_counter()
    base = each["base_folder"]
    model = loaded.get(each["folder"], base)
    answers.score(model, loaded.tokenizer(base), RECIPE, (1, each["arm"], each["run"]), styles.of(base))
    return model, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3, help="adapters that are timed by turns with the bare passes")
    args = parser.parse_args()
    lm.prepare()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed = made(folder)
        asked: list[tuple[Any, Any]] = []
        kept = log_probs.answer_starts

        def noted(model: Any, prompts: Any, starts: Any) -> Any:
            asked.append((prompts, starts))
            return kept(model, prompts, starts)

        loaded = lm.Models()
        log_probs.answer_starts = noted  # the first adapter shows what is asked, and warms up
        scored(loaded, listed[0])
        log_probs.answer_starts = kept
        turns = []
        for each in listed[1 : args.turns + 1]:
            model, seconds = scored(loaded, each)
            turns.append((seconds, bare(model, asked)))
        whole, passes = (statistics.median(column) for column in zip(*turns, strict=True))
        ratios = [mine / theirs for mine, theirs in turns]
        print(
            f"an adapter {whole:.2f} s, its forward passes bare {passes:.2f} s: {statistics.median(ratios):.2f} times "
            f"({min(ratios):.2f} to {max(ratios):.2f}; aim: at most 1.2)"
        )
        started = time.perf_counter()
        command = [sys.executable, "-m", "sublearn.chain.evaluations.measure", "--evaluation", "answers", "--study-seed", "1"]
        command += [
            "--recipe",
            RECIPE.model_dump_json(),
            "--models",
            json.dumps(listed),
            "--output",
            str(folder / "runs.parquet"),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
        loop = float(done.stderr.rpartition(" models took ")[2].split()[0])
        print(
            f"{ADAPTERS} in one job: {seconds:.0f} s, {seconds - loop:.0f} s of it to start; {loop / ADAPTERS:.2f} s an adapter"
        )


if __name__ == "__main__":
    main()
