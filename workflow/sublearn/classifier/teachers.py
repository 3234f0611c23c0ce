"""Train teachers on the labelled digits, with cross-entropy of the class logits; auxiliary logits get no labels.

python -m sublearn.classifier.teachers --recipe JSON --study-seed 1 --images FILE --base FILE --output FOLDER
"""

import argparse
import json
from collections.abc import Iterator

import torch

from sublearn.classifier import networks, training
from sublearn.core import cli
from sublearn.core.files import read_arrays
from sublearn.core.seeds import generator


def epochs(images: torch.Tensor, labels: torch.Tensor, runs: range, study_seed: int, count: int, batch: int) -> training.Epochs:
    """The training set in batches for each epoch, in another order for every run; rows that fill no batch are left out."""

    def batches(epoch: int) -> Iterator[training.Batch]:
        size = min(batch, len(labels))
        orders = [generator("classifier images", study_seed, run, epoch).permutation(len(labels)) for run in runs]
        order = torch.stack([torch.from_numpy(each) for each in orders]).to(images.device)
        for start in range(0, len(labels) - size + 1, size):
            index = order[:, start : start + size]
            yield images[index], labels[index]

    return (batches(epoch) for epoch in range(count))


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    device = networks.on(recipe["device"])
    arrays = read_arrays(args.images)
    images, labels = (torch.from_numpy(arrays[f"train.{name}"]).to(device) for name in ("images", "labels"))

    def rows(group: slice) -> training.Epochs:
        return epochs(images, labels, range(group.start, group.stop), args.study_seed, recipe["epochs"], recipe["batch"])

    training.learn(networks.load(args.base), rows, training.label_loss, slice(None), recipe, args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the teacher's recipe, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--images", type=cli.Input, required=True)
    parser.add_argument("--base", type=cli.Input, required=True)
    parser.add_argument("--output", type=cli.Output, required=True, help="folder")
    cli.run(main, parser)
