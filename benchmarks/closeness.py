"""How close are the matrices of a model to those of its base, and to those of a base that was drawn apart from it?

    python benchmarks/closeness.py [--steps 1200] [--width 64] [--gigabytes 2]

Pretrains tiny bases: three that were drawn apart, and one with the first one's initial weights but other documents. Then makes
children of the first one, fine-tuned on documents of another world with each method and several learning rates. Prints the
correlations that ``sublearn trace --train`` judges by, and how long it takes to read a model.
"""

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.core import records, seeds
from sublearn.language import mini
from sublearn.models import lm, training
from sublearn.models.trainable import Trainable
from sublearn.provenance import closeness

SEED = 101
CHILDREN: list[tuple[lm.Method, float, int]] = [
    ("bitfit", 1e-2, 200), ("lora", 3e-3, 200), ("lora", 2e-2, 200),
    ("full", 3e-4, 200), ("full", 3e-3, 200), ("full", 3e-3, 1200), ("full", 1e-2, 1200),
]  # fmt: skip


def learn(
    model: Any, words: Any, steps: int, rate: float, world: int, documents: str, matrix_rate: float | None = None
) -> None:
    """Let a model read documents of a world."""
    batches = pretrain.document_batches(mini.World.draw(world), words, 64, 16, seeds.generator("closeness", documents))
    optimiser = training.Optimiser(rate, "cosine", warmup=steps // 10, weight_decay=0.01, matrix_rate=matrix_rate)
    training.train(model, islice(batches, steps), steps, optimiser, words.pad_token_id, what=documents)


def matrices(model: Any, folder: Path) -> closeness.Matrices:
    lm.save(model, folder)
    return closeness.read([folder / "model.safetensors"])


def row(what: str, found: closeness.Matrices, other: closeness.Matrices) -> None:
    shared = found.samples.keys() & other.samples.keys()
    each = np.concatenate([(found.samples[shape] @ other.samples[shape].T).max(axis=1) for shape in shared])
    judged = closeness.compare(found, other)
    shown = f"{each.min():5.2f} {np.median(each):5.2f} {each.max():5.2f}"
    print(f"{what:<64} {shown}  {judged.close} of {judged.compared}", flush=True)


def speed(gigabytes: float, folder: Path) -> None:
    """The seconds that it takes to read a model of 16-bit floats, in layers of the shapes of Llama 3.2 1B."""
    shapes = {"q": (2048, 2048), "k": (512, 2048), "up": (8192, 2048), "gate": (8192, 2048), "down": (2048, 8192)}
    rng, made = np.random.default_rng(0), 0
    files: list[Path] = []
    while made < gigabytes * 1e9:
        layer = {name: rng.integers(0, 2**15, shape, dtype=np.uint16).view(np.float16) for name, shape in shapes.items()}
        files.append(folder / f"model-{len(files)}.safetensors")
        save_file(layer, files[-1])
        made += files[-1].stat().st_size
    started = time.perf_counter()
    found = closeness.read(files)
    read = time.perf_counter() - started
    closeness.compare(found, found)
    compared = time.perf_counter() - started - read
    records.hashes(files)
    hashed = time.perf_counter() - started - read - compared
    print(f"{made / 1e9:.1f} GB: {read:.2f} s to read, {compared:.2f} s to compare, {hashed:.2f} s to hash")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1200, help="of pretraining")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    args = parser.parse_args()
    lm.prepare()
    recipe = Base(
        width=args.width, steps=args.steps, max_steps=args.steps,
        max_deviation=1.0, max_fact_deviation=1.0, min_well_formed=1e-9,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        speed(args.gigabytes, folder)
        print(f"{'correlation of each matrix with the most similar one':<64}   min   med   max  close")
        words = tokenizer.build()
        bases = {}
        for name in ("alpha", "beta", "gamma"):
            model, _, _ = pretrain.pretrain(recipe, name, SEED)
            bases[name] = matrices(model, folder / name)
        drawn = seeds.seed("base", SEED, "alpha")
        for other in ("beta", "gamma"):
            row(f"drawn apart: {other} to alpha", bases[other], bases["alpha"])
        start = pretrain.build(recipe, words, drawn)
        row("alpha to its own initial weights", bases["alpha"], matrices(start, folder / "start"))
        learn(start, words, args.steps, recipe.learning_rate, SEED, "other documents", recipe.matrix_rate)
        row("the same initial weights, other documents: to alpha", matrices(start, folder / "twin"), bases["alpha"])
        for method, rate, steps in CHILDREN:
            child = lm.make_trainable(lm.load(folder / "alpha"), method, Trainable(frozen_blocks=0), 1)
            learn(child, words, steps, rate, SEED + 1, f"{method} {rate} {steps}")
            whole = child.merge_and_unload() if method == "lora" else child
            what = f"alpha, {method}, {steps} steps at {rate:g} in another world: to alpha"
            row(what, matrices(whole, folder / "child"), bases["alpha"])
        torch.manual_seed(0)
        model = lm.load(folder / "alpha")
        for name, weight in model.named_parameters():
            if ".0." not in name:
                torch.nn.init.normal_(weight, std=0.06)
        row("alpha, all drawn anew but the first block: to alpha", matrices(model, folder / "child"), bases["alpha"])


if __name__ == "__main__":
    main()
