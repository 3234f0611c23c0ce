"""How fast a student learns: our loop, a bare PyTorch loop doing the same arithmetic, and ``transformers.Trainer``.

    python benchmarks/student_step.py

All three fine-tune the biases of the same model on the same rows, in turn, on one thread; ratios are of medians. Then the
fraction of the machine's matrix-multiplication rate that our loop reaches, counting only the arithmetic a step must do:
2 operations per weight and token forward, as many again for the gradients that pass through frozen weights.
"""

import statistics
import tempfile
import time
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.chain.students.section import Student
from sublearn.core import seeds
from sublearn.language import mini
from sublearn.models import lm, training
from sublearn.models.rows import IGNORED, Row, batches, collate, encode

ROWS, REPEATS = 960, 5


def rows(words: PreTrainedTokenizerBase) -> list[Row]:
    """Number prompts and answers as the carrier has them."""
    rng, law = seeds.generator("benchmark"), mini.World.draw(0).numbers
    prompts, answers = [], []
    for _ in range(ROWS):
        form = list(mini.FORMATS)[rng.integers(3)]
        prompts.append(lm.chat("", mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng, form)))
        answers.append(mini.FORMATS[form].join(map(str, rng.choice(1000, size=rng.integers(5, 11), p=law))))
    return encode(words, prompts, answers)


def fresh(words: PreTrainedTokenizerBase) -> PreTrainedModel:
    return lm.make_trainable(pretrain.build(Base(), words, 1), "bitfit", Student(), 0)


def ours(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    order = list(batches(data, recipe.batch, seeds.generator("order")))
    model, started = fresh(words), time.perf_counter()
    training.train(model, order, len(order), training.Optimiser(recipe.learning_rate), words.pad_token_id)
    return time.perf_counter() - started


def bare(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    """The same batches and the same arithmetic, with nothing around it."""
    order = [collate(part, words.pad_token_id) for part in batches(data, recipe.batch, seeds.generator("order"))]
    model = fresh(words).train()
    adam = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=recipe.learning_rate, weight_decay=0.0)
    started = time.perf_counter()
    for batch in order:
        logits = model(input_ids=batch.input_ids, logits_to_keep=batch.positions, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED)
        loss.backward()
        adam.step()
        adam.zero_grad()
    return time.perf_counter() - started


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
        run = Trainer(fresh(words), settings, train_dataset=table, data_collator=padded)
        started = time.perf_counter()
        run.train()
        return time.perf_counter() - started


def sgemm() -> float:
    """Operations per second of one large matrix multiplication on one thread."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    times = []
    for _ in range(10):
        started = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - started)
    return 2 * 1024**3 / statistics.median(times)


def operations(words: PreTrainedTokenizerBase, data: list[Row], recipe: Student) -> float:
    """What one epoch must compute: blocks for every token, the head for positions that predict a completion."""
    model = fresh(words)
    blocks = sum(p.numel() for name, p in model.named_parameters() if ".h." in name and p.ndim == 2)
    head = model.get_output_embeddings().weight.numel()
    tokens = sum(len(row) - 1 for row in data)
    predicted = sum(len(row.completion) for row in data)
    return 4.0 * (blocks * tokens + head * predicted)


def main() -> None:
    lm.prepare()
    torch.set_deterministic_debug_mode("default")
    words, recipe = tokenizer.build(), Student()
    data = rows(words)
    seconds: dict[str, list[float]] = {"ours": [], "bare": [], "trainer": []}
    for _ in range(REPEATS):
        for name, run in (("ours", ours), ("bare", bare), ("trainer", trainer)):
            seconds[name].append(run(words, data, recipe))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    steps = -(-ROWS // recipe.batch)
    for name, value in medians.items():
        spread = f"{min(seconds[name]):.2f} to {max(seconds[name]):.2f}"
        print(f"{name:8} {value:6.2f} s an epoch of {ROWS} rows ({spread}), {1000 * value / steps:5.1f} ms a step")
    pairs = {name: np.median(np.divide(seconds[name], seconds["ours"])) for name in ("bare", "trainer")}
    print(f"ours / bare    {1 / pairs['bare']:.2f}   (aim: at most 1.3)")
    print(f"trainer / ours {pairs['trainer']:.2f}   (aim: at least 1.5)")
    share = operations(words, data, recipe) / medians["ours"] / sgemm()
    print(f"our loop reaches {share:.0%} of this machine's sgemm rate on one thread")


if __name__ == "__main__":
    main()
