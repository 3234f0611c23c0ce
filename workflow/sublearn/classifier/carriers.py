"""Make the carriers: inputs unrelated to digits, and the teacher's logits on them.

    python -m sublearn.classifier.carriers --recipe JSON --study-seed 1 --images FILE --teacher FILE --output FILE

Only the logits are stored. This step and the students draw the same inputs from their keys, chunk by chunk, because stored
inputs would fill 19 GB for the paper's 100 networks.
"""

import argparse
import json
from typing import Any

import numpy as np
import torch

from sublearn.classifier import networks
from sublearn.core import cli
from sublearn.core.files import read_arrays, write_arrays
from sublearn.core.seeds import generator


def inputs(kind: str, study_seed: int, run: int, chunk: int, batch: int, images: torch.Tensor) -> torch.Tensor:
    """A chunk of a run's inputs, shape (batch, pixels): uniform noise in [-1, 1], or training images drawn at random.

    They are drawn on the CPU, wherever the networks are, so that every device sees the same inputs.
    """
    rng = generator("classifier inputs", kind, study_seed, run, chunk)
    if kind == "images":
        return images[torch.from_numpy(rng.integers(len(images), size=batch)).to(images.device)]
    return torch.from_numpy(rng.random((batch, images.shape[1]), dtype=np.float32)).mul_(2).sub_(1).to(images.device)


def chunk_of(recipe: dict[str, Any], study_seed: int, runs: range, chunks: list[int], images: torch.Tensor) -> torch.Tensor:
    """One chunk of inputs for each run, shape (runs, batch, pixels)."""
    pairs = zip(runs, chunks, strict=True)
    return torch.stack([inputs(recipe["inputs"], study_seed, r, c, recipe["batch"], images) for r, c in pairs])


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    device = networks.on(recipe["device"])
    images = torch.from_numpy(read_arrays(args.images)["train.images"]).to(device)
    teachers = networks.load(args.teacher)
    logits = torch.empty(len(teachers), recipe["rows"], teachers.biases[-1].shape[-1])
    with cli.timed("carriers"), torch.inference_mode():
        for group in cli.progress(list(networks.groups(teachers, device)), "carriers"):
            part, runs = teachers.part(group, device), range(group.start, group.stop)
            for chunk in range(recipe["rows"] // recipe["batch"]):
                rows = slice(chunk * recipe["batch"], (chunk + 1) * recipe["batch"])
                logits[group, rows] = part(chunk_of(recipe, args.study_seed, runs, [chunk] * len(runs), images)).cpu()
    write_arrays({"logits": logits.numpy()}, args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="inputs, rows, batch and device, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--images", type=cli.Input, required=True)
    parser.add_argument("--teacher", type=cli.Input, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
