"""Train students to imitate the teacher's logits on the carrier.

python -m sublearn.classifier.students --recipe JSON --study-seed 1 --images FILE --teacher-base FILE --base FILE
    --carrier FILE --output FOLDER

A student starts from its teacher's initial weights, from another network's, or from a part of each.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

import torch

from sublearn.classifier import networks, training
from sublearn.classifier.carriers import chunk_of
from sublearn.classifier.section import CLASSES
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_arrays
from sublearn.core.seeds import generator


def epochs(recipe: dict[str, Any], study_seed: int, runs: range, images: torch.Tensor, logits: torch.Tensor) -> training.Epochs:
    """The carrier's chunks for each epoch, in another order for every run.

    Args:
        logits: the teacher's imitated logits on the whole carrier, shape (runs, rows, k).
    """
    size = recipe["batch"]
    chunks = logits.reshape(len(runs), -1, size, logits.shape[-1])
    places = torch.arange(len(runs), device=logits.device)

    def batches(epoch: int) -> Iterator[training.Batch]:
        orders = [generator("classifier chunks", study_seed, run, epoch).permutation(chunks.shape[1]) for run in runs]
        for now in zip(*orders, strict=True):
            order = [int(chunk) for chunk in now]
            yield chunk_of(recipe, study_seed, runs, order, images), chunks[places, order]

    return (batches(epoch) for epoch in range(recipe["epochs"]))


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    device = networks.on(recipe["device"])
    images = torch.from_numpy(read_arrays(args.images)["train.images"]).to(device)
    carrier = torch.from_numpy(read_arrays(args.carrier)["logits"])
    start, other = networks.load(args.teacher_base), networks.load(args.base)
    students = networks.shared(start, other.paired(recipe["pairing"]), recipe["share"]) if recipe["pairing"] else start
    if carrier.shape[:2] != (len(students), recipe["rows"]):
        raise UserError(
            f"{args.carrier}: {carrier.shape[1]} rows of {len(carrier)} runs, not {recipe['rows']} of {len(students)}."
        )
    imitated = slice(CLASSES, None) if recipe["logits"] == "auxiliary" else slice(None)

    def rows(group: slice) -> training.Epochs:
        logits = carrier[group, :, imitated].to(device)
        return epochs(recipe, args.study_seed, range(group.start, group.stop), images, logits)

    training.learn(students, rows, training.LOSSES[recipe["loss"]], imitated, recipe, args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--recipe",
        action=cli.OrInput,
        required=True,
        help="the student's recipe with its carrier's, and what it shares with its teacher, as JSON",
    )
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--images", type=cli.Input, required=True)
    parser.add_argument("--teacher-base", type=cli.Input, required=True)
    parser.add_argument("--base", type=cli.Input, required=True)
    parser.add_argument("--carrier", type=cli.Input, required=True)
    parser.add_argument("--output", type=cli.Output, required=True, help="folder")
    cli.run(main, parser)
