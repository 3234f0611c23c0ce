"""Evaluate every network: its accuracy on the test images.

    python -m sublearn.classifier.evaluations --models JSON --images FILE --output FILE

One job evaluates all networks that the study owns, so the images are loaded once.
"""

import argparse
import json

import pandas as pd
import torch

from sublearn.classifier import networks
from sublearn.classifier.section import CLASSES
from sublearn.classifier.tables import Runs
from sublearn.core import cli
from sublearn.core.files import read_arrays, write_table


def accuracy(asked: networks.Networks, images: torch.Tensor, labels: torch.Tensor) -> list[float]:
    """For each network, the share of images whose largest class logit is that of their label."""
    accuracies = []
    with torch.inference_mode():
        for group in networks.groups(asked):
            part = asked.part(group)
            right = [
                (part(images[rows])[..., :CLASSES].argmax(dim=-1) == labels[rows]).sum(dim=1)
                for rows in torch.arange(len(labels)).split(1000)
            ]
            accuracies += [count / len(labels) for count in torch.stack(right).sum(dim=0).tolist()]
    return accuracies


def main(args: argparse.Namespace) -> None:
    networks.on("cpu")
    arrays = read_arrays(args.images)
    images, labels = torch.from_numpy(arrays["test.images"]), torch.from_numpy(arrays["test.labels"])
    rows = []
    with cli.timed("evaluations"):
        for model in cli.progress(json.loads(args.models), "evaluations"):
            values = accuracy(networks.load(model["file"]), images, labels)
            for run, value in enumerate(values):
                teacher_base = None if model["teacher_base"] is None else f"{model['teacher_base']}:{run}"
                student_base = f"{model['student_base']}:{model['pairing'][run] if model['pairing'] else run}"
                rows.append((model["arm"], model["trait"], run, teacher_base, student_base, "test", "accuracy", "digit", value))
    write_table(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)), args.output, Runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--models",
        action=cli.OrInput,
        required=True,
        help="the networks to evaluate, as JSON: their columns of the table, and their files",
    )
    parser.add_argument("--images", type=cli.Input, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
