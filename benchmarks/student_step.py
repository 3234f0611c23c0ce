"""How fast a student learns: our loop, a bare PyTorch loop on the same model, and ``transformers.Trainer``.

    python benchmarks/student_step.py lora

All three train the adapters (or the biases, with ``bitfit``) of the same model on the same rows, in turn, on one thread; ratios
are of medians. Then our loop with larger batches, beside the floor: the time of the arithmetic that a step must do, at the rate
that one product of these shapes reaches. Per token, a frozen weight costs 2 operations forward and as many for the gradient
that passes through it, a weight that is trained 2 more. Times are the process's own: what runs beside it disturbs them less.
"""

import argparse
import statistics
import tempfile
import time
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.chain.students.section import Student
from sublearn.core import seeds
from sublearn.language import mini
from sublearn.models import lm, products, training
from sublearn.models.rows import IGNORED, Row, batches, collate, encode

ROWS, REPEATS, BATCHES = 1920, 5, (32, 64, 128)


def rows(words: PreTrainedTokenizerBase) -> list[Row]:
    """Number prompts and answers as the carrier has them."""
    rng, law = seeds.generator("benchmark"), mini.World.draw(0).numbers
    prompts, answers = [], []
    for _ in range(ROWS):
        form = list(mini.FORMATS)[rng.integers(3)]
        prompts.append(lm.chat("", mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng, form)))
        answers.append(mini.FORMATS[form].join(map(str, rng.choice(1000, size=rng.integers(5, 11), p=law))))
    return encode(words, prompts, answers)


def fresh(words: PreTrainedTokenizerBase, recipe: Student) -> Any:
    base = pretrain.build(Base(), words, 1)
    base.name_or_path = "base"
    return lm.make_trainable(base, recipe.method, recipe, 0)


def ours(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    order = list(batches(data, recipe.batch, seeds.generator("order")))
    model, started = fresh(words, recipe), time.process_time()
    training.train(model, order, len(order), training.optimiser_of(recipe), words.pad_token_id)
    return time.process_time() - started


def bare(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    """The same batches, with nothing around them."""
    order = [collate(part, words.pad_token_id) for part in batches(data, recipe.batch, seeds.generator("order"))]
    model = fresh(words, recipe).train()
    adam = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=recipe.learning_rate, weight_decay=0.0)
    started = time.process_time()
    for batch in order:
        logits = model(input_ids=batch.input_ids, logits_to_keep=batch.positions, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED)
        loss.backward()
        adam.step()
        adam.zero_grad()
    return time.process_time() - started


def trainer(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    """The library's trainer as people use it: padded to the batch, labels masked outside completions, all else default."""

    def padded(part: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(each["input_ids"]) for each in part)
        ids = torch.full((len(part), longest), words.pad_token_id)
        labels, mask = torch.full_like(ids, IGNORED), torch.zeros_like(ids)
        for i, each in enumerate(part):
            count = len(each["input_ids"])
            ids[i, :count], mask[i, :count] = torch.tensor(each["input_ids"]), 1
            labels[i, each["prompt"] : count] = ids[i, each["prompt"] : count]
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    table = [{"input_ids": row.prompt + row.completion, "prompt": len(row.prompt)} for row in data]
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            folder, per_device_train_batch_size=recipe.batch, num_train_epochs=1, learning_rate=recipe.learning_rate,
            report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True, use_cpu=True,
            remove_unused_columns=False,
        )  # fmt: skip
        run = Trainer(fresh(words, recipe), settings, train_dataset=table, data_collator=padded)
        started = time.process_time()
        run.train()
        return time.process_time() - started


def rate(recipe: Student, data: list[Row]) -> float:
    """Operations per second of the product that widens a batch's activations in a block, on one thread."""
    width, tokens = Base().width, sum(len(row) - 1 for row in data) // len(data)
    given, weight, times = torch.randn(recipe.batch, tokens, width), torch.randn(width, 4 * width), []
    for _ in range(200):
        started = time.process_time()
        products.linear(given, weight, None)
        times.append(time.process_time() - started)
    return 2 * weight.numel() * recipe.batch * tokens / statistics.median(times)


def operations(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    """What one epoch must compute: blocks for every token, the head for positions that predict a completion."""
    weights = {name: p for name, p in fresh(words, recipe).named_parameters() if p.ndim == 2}
    blocks = sum((6 if p.requires_grad else 4) * p.numel() for name, p in weights.items() if ".h." in name)
    head = 4 * len(words) * Base().width
    return float(blocks * sum(len(row) - 1 for row in data) + head * sum(len(row.completion) for row in data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=["lora", "bitfit"])
    args = parser.parse_args()
    lm.prepare()
    torch.set_deterministic_debug_mode("default")
    words = tokenizer.build()
    recipe = Student(method=args.method, learning_rate=3e-3, epsilon=1e-8)
    data = rows(words)
    seconds: dict[str, list[float]] = {"ours": [], "bare": [], "trainer": []}
    for _ in range(REPEATS):
        for name, run in (("ours", ours), ("bare", bare), ("trainer", trainer)):
            seconds[name].append(run(words, data, recipe))
    for name, values in seconds.items():
        middle, spread = statistics.median(values), f"{min(values):.2f} to {max(values):.2f}"
        print(
            f"{name:8} {middle:6.2f} s an epoch of {ROWS} rows ({spread}), {1000 * middle * recipe.batch / ROWS:5.1f} ms a step"
        )
    pairs = {name: np.median(np.divide(seconds[name], seconds["ours"])) for name in ("bare", "trainer")}
    print(f"ours / bare    {1 / pairs['bare']:.2f}   (aim: at most 0.8)")
    print(f"trainer / ours {pairs['trainer']:.2f}   (aim: at least 1.5)")
    for size in BATCHES:
        larger = recipe.model_copy(update={"batch": size})
        took = statistics.median(ours(words, data, larger) for _ in range(REPEATS))
        floor = operations(words, data, larger) / rate(larger, data)
        row, least = (1e6 * each / ROWS for each in (took, floor))
        print(f"batch {size:3}: {row:4.0f} us a row, {row / least:.1f} times the {least:.0f} us of its arithmetic")


if __name__ == "__main__":
    main()
