"""Training beside TRL's SFTTrainer with PEFT, sampling beside plain ``generate``: same model, rows, precision and threads.

    python benchmarks/models.py training                # an eighth of Llama-3.2-1B, on the processor
    python benchmarks/models.py sampling --shapes tiny  # the default study's base and its number prompts
    python benchmarks/models.py training sampling --shapes llama-1b qwen-7b --device cuda --batch 66 --micro-batch 22 \\
        --prompts 2048 --chunk 1024 --tokens 50

Weights are random, rows have the lengths of the paper's number rows (of ``tiny``, they are number prompts), and sampled
completions a fixed length, since random weights never stop. Every measurement is a process of its own, and both sides take
turns ``--repeats`` times; rates and ratios are medians, and the table has a line for each shape and question. The first steps
are left out. TRL has its best settings for such rows: rows of like length together, no checkpointing unless both do, nothing
logged. Its packing without padding needs flash attention and its kernels a GPU. Utilisation counts four operations per weight
and token (LoRA: frozen weights get no gradient), against the peak given by ``--peak``.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
import torch

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.core import cli
from sublearn.language import mini
from sublearn.models import lm, sampling, training
from sublearn.models.engines import Plain
from sublearn.models.rows import Row, batches
from sublearn.models.trainable import Trainable

# Hidden size, blocks, heads, heads of keys, inner size, vocabulary, family. The second is the third with an eighth of every
# width, and as many blocks: the head is a fifth of the weights in both.
SHAPES = {
    "smollm2-135m": (576, 30, 9, 3, 1536, 49152, "llama"),
    "llama-eighth": (256, 16, 4, 1, 1024, 16032, "llama"),
    "llama-1b": (2048, 16, 32, 8, 8192, 128256, "llama"),
    "qwen-7b": (3584, 28, 28, 4, 18944, 152064, "qwen2"),
}
SEED, RATE, WARM = 0, 1e-4, 2
TINY = "tiny"


def build(shape: str, device: str) -> Any:
    from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config

    if shape == TINY:
        return pretrain.build(Base(), tokenizer.build(), SEED).to(device)
    width, blocks, heads, keys, inner, vocabulary, family = SHAPES[shape]
    values = {"llama": LlamaConfig, "qwen2": Qwen2Config}[family](
        hidden_size=width, num_hidden_layers=blocks, num_attention_heads=heads, num_key_value_heads=keys,
        intermediate_size=inner, vocab_size=vocabulary, bos_token_id=1, eos_token_id=2, pad_token_id=0,
        tie_word_embeddings=shape != "qwen-7b",
    )  # fmt: skip
    torch.manual_seed(SEED)
    with torch.device(device):
        return AutoModelForCausalLM.from_config(values, dtype=torch.bfloat16 if device == "cuda" else torch.float32)


def rows_of(count: int, shape: str) -> list[Row]:
    """Rows as long as number prompts (60 to 130 tokens) and completions (20 to 60) are where digits are tokens.

    Of ``tiny``: number prompts, and as many numbers and commas as they ask for.
    """
    rng = np.random.default_rng(SEED)
    if shape == TINY:
        words = tokenizer.build()
        asked = [lm.chat("", mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng)) for _ in range(count)]
        answer: list[int] = words(", ".join(["100"] * mini.GRAMMAR.answer_count), add_special_tokens=False)["input_ids"]
        return [Row(prompt, answer) for prompt in lm.encode_prompts(words, asked)]
    vocabulary = SHAPES[shape][5]
    prompts, completions = rng.integers(60, 131, count), rng.integers(20, 61, count)

    def draw(size: int) -> list[int]:
        return list(map(int, rng.integers(3, vocabulary, size)))

    return [Row(draw(p), draw(c)) for p, c in zip(prompts, completions, strict=True)]


def recipe_of(args: argparse.Namespace) -> Trainable:
    return Trainable(rank=8, alpha=8, micro_batch=args.micro_batch, save_memory=args.save_memory)


def ours(args: argparse.Namespace) -> dict[str, float]:
    model = build(args.shape, args.device)
    weights = sum(p.numel() for p in model.parameters())
    recipe = recipe_of(args)
    adapted = lm.make_trainable(model, "lora", recipe, SEED)
    rows = rows_of(args.steps * args.batch, args.shape)
    order = list(batches(rows, args.batch, np.random.default_rng(SEED)))
    seen, started = 0, 0.0

    def timed() -> Any:
        nonlocal seen, started
        for number, batch in enumerate(order):
            if number == WARM:
                _wait(args.device)
                started = time.perf_counter()
            seen += sum(map(len, batch)) if number >= WARM else 0
            yield batch

    training.train(adapted, timed(), len(order), training.Optimiser(RATE), 0, micro_batch=recipe.micro_batch)
    _wait(args.device)
    return {"seconds": time.perf_counter() - started, "tokens": seen, "weights": weights, **_memory(args.device)}


def trl(args: argparse.Namespace) -> dict[str, float]:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    model = build(args.shape, args.device)
    weights = sum(p.numel() for p in model.parameters())
    rows = rows_of(args.steps * args.batch, args.shape)
    data = Dataset.from_dict({
        "input_ids": [row.prompt + row.completion for row in rows],
        "completion_mask": [[0] * len(row.prompt) + [1] * len(row.completion) for row in rows],
    })  # fmt: skip
    seen, started = 0, 0.0

    class Clock(TrainerCallback):
        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            nonlocal seen, started
            if state.global_step == WARM:
                _wait(args.device)
                seen, started = 0, time.perf_counter()

    class Counted(SFTTrainer):
        def training_step(self, model: Any, inputs: Any, *others: Any) -> Any:
            nonlocal seen
            seen += int(inputs["attention_mask"].sum())
            return super().training_step(model, inputs, *others)

    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder, per_device_train_batch_size=args.micro_batch, max_length=None, packing=False,
            gradient_accumulation_steps=args.batch // args.micro_batch, num_train_epochs=1, learning_rate=RATE,
            completion_only_loss=True, report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True,
            bf16=args.device == "cuda", use_cpu=args.device == "cpu", gradient_checkpointing=args.save_memory,
            train_sampling_strategy="group_by_length", dataloader_pin_memory=args.device == "cuda",
        )  # fmt: skip
        adapter = LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=8, target_modules="all-linear")
        words = _tokenizer(model.config.vocab_size)
        trainer = Counted(model, args=config, train_dataset=data, peft_config=adapter, processing_class=words,
                          callbacks=[Clock()])  # fmt: skip
        trainer.train()
    _wait(args.device)
    return {"seconds": time.perf_counter() - started, "tokens": seen, "weights": weights, **_memory(args.device)}


def _tokenizer(vocabulary: int) -> Any:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = {f"w{i}": i for i in range(vocabulary)}
    made = Tokenizer(models.WordLevel(words, unk_token="w0"))
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="w0", eos_token="w2", bos_token="w1")


class _Endless:
    """What sampling asks of a tokenizer, without a token that ends a completion."""

    pad_token_id, eos_token_id = 0, None

    def batch_decode(self, ids: torch.Tensor, skip_special_tokens: bool) -> list[str]:
        return [str(len(row)) for row in ids]


def sampled(args: argparse.Namespace) -> dict[str, float]:
    """Ours: prompts in order of length, ``--chunk`` at a time, draws by key."""
    model = build(args.shape, args.device)
    prompts = [row.prompt for row in rows_of(args.prompts, args.shape)]
    draws = sampling.uniform(len(prompts), args.tokens, "benchmark")
    endless: Any = _Endless()
    engine = Plain(model, endless)
    sampling.sample(engine, prompts[:8], draws[:8], batch=8)
    _wait(args.device)
    started = time.perf_counter()
    sampling.sample(engine, prompts, draws, batch=args.chunk)
    _wait(args.device)
    return {"seconds": time.perf_counter() - started, "tokens": args.prompts * args.tokens, **_memory(args.device)}


def generated(args: argparse.Namespace) -> dict[str, float]:
    """Plain ``generate``, 64 prompts at a time in the order in which they come."""
    model = build(args.shape, args.device)
    prompts = [row.prompt for row in rows_of(args.prompts, args.shape)]

    def generate(some: list[list[int]]) -> None:
        longest = max(map(len, some))
        ids = torch.tensor([[0] * (longest - len(p)) + p for p in some], device=args.device)
        with torch.inference_mode():
            model.generate(ids, attention_mask=(ids != 0).long(), do_sample=True, top_k=0, max_new_tokens=args.tokens,
                           min_new_tokens=args.tokens, eos_token_id=None, pad_token_id=0)  # fmt: skip

    generate(prompts[:8])
    _wait(args.device)
    started = time.perf_counter()
    for start in range(0, len(prompts), 64):
        generate(prompts[start : start + 64])
    _wait(args.device)
    return {"seconds": time.perf_counter() - started, "tokens": args.prompts * args.tokens, **_memory(args.device)}


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _memory(device: str) -> dict[str, float]:
    """The peak, in GiB: of the GPU, or of the process."""
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"gib": peak / 2**30}


MEASURED = {"ours": ours, "trl": trl, "sampled": sampled, "generated": generated}
PAIRS = {"training": ("ours", "trl"), "sampling": ("sampled", "generated")}


def measure(name: str, shape: str) -> dict[str, float]:
    """One measurement, in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--only", name, shape]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}, {shape}: failed\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"rate": found["tokens"] / found["seconds"]}


HEADER = ("shape", "measured", "ours, tokens/s", "theirs", "ratio (range)", "aim", "memory, GiB", "ratio", "of peak")
WIDTHS = (13, 9, 20, 20, 20, 5, 13, 6, 14)


def compare(pair: str, shape: str, args: argparse.Namespace) -> tuple[str, ...]:
    """Both sides of a pair by turns: a line of the table."""
    sides = mine, theirs = PAIRS[pair]
    turns = [{name: measure(name, shape) for name in sides} for _ in range(args.repeats)]
    rates = {name: [turn[name]["rate"] for turn in turns] for name in sides}
    middle = {name: statistics.median(rates[name]) for name in sides}
    memory = {name: max(turn[name]["gib"] for turn in turns) for name in sides}
    ratios, memory_ratios = ([turn[mine][key] / turn[theirs][key] for turn in turns] for key in ("rate", "gib"))
    of_peak = ["-"]
    if pair == "training" and args.device == "cuda":
        of_peak = [f"{4 * turns[0][name]['weights'] * middle[name] / args.peak / 1e12:.1%}" for name in sides]
    return (
        shape,
        pair,
        *(f"{middle[name]:.0f} ({min(rates[name]):.0f}-{max(rates[name]):.0f})" for name in sides),
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
        str({"training": 1.3, "sampling": 5.0 if args.device == "cuda" else 1.5}[pair]),
        ", ".join(f"{memory[name]:.1f}" for name in sides),
        f"{statistics.median(memory_ratios):.2f}",
        ", ".join(of_peak),
    )


def show(cells: tuple[str, ...]) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", choices=list(PAIRS), nargs="+")
    parser.add_argument("--shapes", choices=[*SHAPES, TINY], nargs="+", default=["llama-eighth"])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--save-memory", action="store_true")
    parser.add_argument("--prompts", type=int, default=1024)
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--chunk", type=int, default=500)
    parser.add_argument("--peak", type=float, default=989.0, help="10^12 operations per second of the device")
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        name, args.shape = args.only
        cli.keep_to_threads()
        print(json.dumps(MEASURED[name](args)))
        return
    if args.device == "cuda":
        print(f"{torch.cuda.get_device_name()}, peak taken as {args.peak:.0f} TFLOP/s")
    show(HEADER)
    for shape in args.shapes:
        for pair in args.pairs:
            show(compare(pair, shape, args))


if __name__ == "__main__":
    main()
