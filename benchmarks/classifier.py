"""The classifier at MNIST's size: our chunks of noise beside a plain batched einsum that holds all noise in memory.

    python benchmarks/classifier.py --runs 16 --epochs 1
    python benchmarks/classifier.py --runs 100 --epochs 5 --device cuda

Both train the same students (auxiliary logits, KL, Adam, batches of 1,000) on synthetic 28 x 28 data, each in a process of
its own, on one thread; peak memory is the process's. Then what the paper's whole experiment (100 networks) would take here.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from itertools import pairwise

import torch

from sublearn.classifier import carriers, networks, students, training
from sublearn.classifier.section import CLASSES

PIXELS, HIDDEN, AUXILIARY, BATCH, SEED = 784, [256, 256], 3, 1000, 0


def weights(rows: int, pixels: int = PIXELS) -> int:
    """Multiply-adds per row that a step must do: forward, weight gradients, and input gradients of all layers but the first."""
    sizes = [pixels, *HIDDEN, CLASSES + AUXILIARY]
    products = [a * b for a, b in pairwise(sizes)]
    return rows * (3 * sum(products) - products[0])


def ours(runs: int, rows: int, epochs: int, device: str) -> float:
    recipe = {"inputs": "noise", "rows": rows, "batch": BATCH, "epochs": epochs}
    images = torch.zeros(1, PIXELS, device=device)
    base, teacher = (networks.draw(SEED, name, PIXELS, HIDDEN, AUXILIARY, runs) for name in ("base", "teacher"))
    started = time.perf_counter()
    for group in networks.groups(base, device):
        numbers = range(group.start, group.stop)
        part, guide = base.part(group, device), teacher.part(group, device)
        with torch.inference_mode():
            chunks = (carriers.chunk_of(recipe, SEED, numbers, [k] * len(numbers), images) for k in range(rows // BATCH))
            logits = torch.cat([guide(chunk)[..., CLASSES:] for chunk in chunks], dim=1)
        order = students.epochs(recipe, SEED, numbers, images, logits.clone())
        training.train(part, order, training.kl_loss, slice(CLASSES, None), "adam", 3e-4)
    return time.perf_counter() - started


def plain(runs: int, rows: int, epochs: int, device: str) -> float:
    def forward(layers: list[torch.Tensor], values: torch.Tensor) -> torch.Tensor:
        for i in range(0, len(layers), 2):
            values = torch.einsum("nbi,nio->nbo", values, layers[i]) + layers[i + 1]
            values = torch.relu(values) if i < len(layers) - 2 else values
        return values

    def layers(name: str) -> list[torch.Tensor]:
        drawn = networks.draw(SEED, name, PIXELS, HIDDEN, AUXILIARY, runs).part(slice(None), device)
        return [tensor for pair in zip(drawn.weights, drawn.biases, strict=True) for tensor in pair]

    student, teacher = layers("base"), layers("teacher")
    started = time.perf_counter()
    noise = torch.rand(runs, rows, PIXELS, device=device) * 2 - 1
    with torch.no_grad():
        logits = torch.cat([forward(teacher, noise[:, i : i + BATCH]) for i in range(0, rows, BATCH)], dim=1)
    adam = torch.optim.Adam([tensor.requires_grad_() for tensor in student], lr=3e-4)
    for _ in range(epochs):
        for index in torch.randperm(rows, device=device).split(BATCH):
            found = forward(student, noise[:, index])[..., CLASSES:]
            adam.zero_grad()
            training.kl_loss(found, logits[:, index, CLASSES:]).sum().backward()
            adam.step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def sgemm(device: str) -> float:
    """Operations per second of one large product of matrices."""
    a = torch.randn(2048, 2048, device=device)
    for _ in range(3):
        started = time.perf_counter()
        (a @ a).sum().item()
        spent = time.perf_counter() - started
    return 2 * 2048**3 / spent


def measured(which: str, args: argparse.Namespace) -> dict[str, float]:
    """One variant in a process of its own: seconds, and the peak memory of the process or of the GPU in MB."""
    words = ["--child", which, "--runs", args.runs, "--rows", args.rows, "--epochs", args.epochs, "--device", args.device]
    done = subprocess.run([sys.executable, __file__, *map(str, words)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--child", choices=["ours", "plain"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.child:
        seconds = {"ours": ours, "plain": plain}[args.child](args.runs, args.rows, args.epochs, args.device)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        gpu = torch.cuda.max_memory_allocated() / 2**20 if args.device == "cuda" else 0.0
        print(json.dumps({"seconds": seconds, "memory": gpu or peak}))
        return
    found = {which: measured(which, args) for which in ("ours", "plain")}
    work = 2 * args.runs * weights(args.rows) * args.epochs
    print(f"{args.runs} networks, {args.rows} noise images, {args.epochs} epochs, {args.device}")
    for which, each in found.items():
        rate = work / each["seconds"] / sgemm(args.device)
        print(f"  {which:6} {each['seconds']:7.1f} s  {each['memory']:7.0f} MB  {rate:.0%} of the rate of one large product")
    time_ratio, memory_ratio = (found["ours"][key] / found["plain"][key] for key in ("seconds", "memory"))
    print(f"  ours / plain: time {time_ratio:.2f} (aim: at most 1), memory {memory_ratio:.2f} (aim: at most 0.2)")
    hours = found["ours"]["seconds"] / args.runs / args.epochs * 100 * 5 * 5 / 3600
    print(f"  the paper's five trainings of 100 networks, 5 epochs each: about {hours:.1f} h on one such thread or device")


if __name__ == "__main__":
    main()
