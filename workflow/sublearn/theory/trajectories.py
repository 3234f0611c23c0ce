"""Evaluate students that take many steps towards a teacher that took many.

    python -m sublearn.theory.trajectories --recipe JSON --study-seed 1 --output FILE

The teacher's class logits learn the labels of clustered inputs. Students imitate its auxiliary logits, which get no labels, on
noise. Students differ in their start and in what is projected out of each update (after Kitkana and Arora, 2026). All runs are
trained side by side, and only the table is stored.
"""

import argparse
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import write_table
from sublearn.core.seeds import generator
from sublearn.theory.labels import ARMS
from sublearn.theory.losses import CrossEntropy, SquaredError, StudentLoss, label_loss
from sublearn.theory.networks import Network, normal
from sublearn.theory.tables import Trajectories


@dataclass(frozen=True)
class Tasks:
    """R tasks of one shape, each with inputs and labels for its teacher, noise for its students, two starts and a direction.

    ``sources`` are generators of further directions, one for each run.
    """

    network: Network
    classes: int
    inputs: torch.Tensor  # (R, rows, inputs)
    labels: torch.Tensor  # (R, rows)
    noise: torch.Tensor  # (R, rows, inputs)
    start: torch.Tensor  # (R, P)
    other: torch.Tensor  # (R, P)
    random: torch.Tensor  # (R, P)
    sources: list[np.random.Generator]

    def teacher_loss(self, theta: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of the class logits, shape (R,)."""
        return label_loss(self.network(theta, self.inputs)[..., : self.classes], self.labels)

    def descent(self, theta: torch.Tensor) -> torch.Tensor:
        """Minus the gradient of each run's teacher loss, shape (R, P)."""
        return -torch.func.grad(lambda parameters: self.teacher_loss(parameters).sum())(theta)


def draw(recipe: dict[str, Any], study_seed: int) -> Tasks:
    """Draw all tasks; each run has its own key."""
    network = Network((recipe["inputs"], *recipe["hidden"], recipe["classes"] + recipe["auxiliary"]), recipe["activation"])
    parts = [_task(recipe, network, generator("theory task", study_seed, run)) for run in range(recipe["runs"])]
    inputs, labels, noise, start, other, random = (torch.stack(each) for each in zip(*parts, strict=True))
    sources = [generator("theory matched directions", study_seed, run) for run in range(recipe["runs"])]
    return Tasks(network, recipe["classes"], inputs, labels, noise, start, other, random, sources)


def _task(recipe: dict[str, Any], network: Network, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
    """One task: inputs in clusters around random centres, their labels, noise, two starts and a random direction."""
    centres = normal(rng, recipe["classes"], recipe["inputs"]) * recipe["spread"]
    labels = torch.from_numpy(rng.integers(recipe["classes"], size=recipe["teacher_rows"]))
    inputs = centres[labels] + normal(rng, recipe["teacher_rows"], recipe["inputs"])
    noise = normal(rng, recipe["student_rows"], recipe["inputs"])
    return inputs, labels, noise, network.draw(rng), network.draw(rng), normal(rng, network.parameters)


def taught(tasks: Tasks, steps: int, rate: float) -> torch.Tensor:
    """The teachers' parameters (R, P) after gradient descent on their labels."""
    theta = tasks.start
    for _ in range(steps):
        theta = theta + rate * tasks.descent(theta)
    return theta


def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The cosine of two vectors, for each run, shape (R,)."""
    return torch.nn.functional.cosine_similarity(a, b, dim=-1, eps=0.0)


def without(update: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    """Each run's update (R, P) without its component along the direction (R, P)."""
    unit = direction / direction.norm(dim=-1, keepdim=True)
    return update - (update * unit).sum(dim=-1, keepdim=True) * unit


def matched(update: torch.Tensor, direction: torch.Tensor, random: torch.Tensor) -> torch.Tensor:
    """For each run, a direction (R, P) that is random but as aligned with the update as ``direction`` is."""
    along, across = update / update.norm(dim=-1, keepdim=True), without(random, update)
    aligned = cosine(update, direction).unsqueeze(-1)
    return aligned * along + (1 - aligned.square()).sqrt() * across / across.norm(dim=-1, keepdim=True)


def imitation(recipe: dict[str, Any]) -> StudentLoss:
    """The student's loss, on the auxiliary logits alone."""
    classes, outputs = recipe["classes"], recipe["classes"] + recipe["auxiliary"]
    if recipe["loss"] == "softmax":
        return CrossEntropy(torch.arange(classes, outputs))
    return SquaredError((torch.arange(outputs) >= classes).double())


def projected(arm: str, update: torch.Tensor, displacement: torch.Tensor, descent: torch.Tensor, tasks: Tasks) -> torch.Tensor:
    """The step that an arm's students take, shape (R, P): the update without what the arm projects out."""
    if arm == "without_displacement":
        return without(update, displacement)
    if arm == "without_descent":
        return without(update, descent)
    if arm == "without_random":
        return without(update, tasks.random)
    if arm == "without_matched":
        random = torch.stack([normal(source, update.shape[-1]) for source in tasks.sources])
        return without(update, matched(update, displacement, random))
    return update


def follow(tasks: Tasks, teacher: torch.Tensor, arm: str, recipe: dict[str, Any]) -> pd.DataFrame:
    """Train the students of one arm: a row per run and step, with the update before projection and the loss after the step.

    Raises:
        UserError: a student's loss is not finite.
    """
    theta = tasks.other if arm == "other_start" else tasks.start
    loss, displacement = imitation(recipe), teacher - tasks.start
    labels = loss.labels(tasks.network(teacher, tasks.noise))
    before, reached = tasks.teacher_loss(theta), tasks.teacher_loss(teacher)
    parts = []
    for number in range(1, recipe["student_steps"] + 1):
        update = -torch.func.grad(lambda parameters: loss(tasks.network(parameters, tasks.noise), labels).sum())(theta)
        descent = tasks.descent(theta)
        theta = theta + recipe["student_rate"] * projected(arm, update, displacement, descent, tasks)
        now = tasks.teacher_loss(theta)
        parts.append({
            "step": number, "alignment": cosine(update, displacement), "descent": cosine(update, descent), "teacher_loss": now,
            "transfer": (before - now) / (before - reached),
        })  # fmt: skip
        if not bool(now.isfinite().all()):
            raise UserError(f"trajectory: {arm}: the loss is not finite after step {number}; try a lower student_rate.")
    tables = [pd.DataFrame({"arm": arm, "run": range(len(theta)), **part}) for part in parts]
    return pd.concat(tables, ignore_index=True)


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    recipe = json.loads(args.recipe)
    tasks = draw(recipe, args.study_seed)
    with cli.timed("trajectories"):
        teacher = taught(tasks, recipe["teacher_steps"], recipe["teacher_rate"])
        tables = [follow(tasks, teacher, arm, recipe) for arm in cli.progress(list(ARMS), "arms")]
    write_table(pd.concat(tables, ignore_index=True), args.output, Trajectories)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the study's trajectory, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
