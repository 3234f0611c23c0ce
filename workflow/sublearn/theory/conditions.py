"""First steps under each condition of the theorem, varied from where the condition holds to ever further away."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from sublearn.core.seeds import generator
from sublearn.theory.draws import Draw
from sublearn.theory.losses import CrossEntropy, SquaredError
from sublearn.theory.networks import normal


@dataclass(frozen=True)
class Outcome:
    """The results of the student's first step at each of L values of a condition.

    Attributes:
        values: the condition's values.
        step: length of the teacher's displacement over that of its start, one for all values or one for each.
        inner: inner product of the student's update and the teacher's displacement, shape (L,).
        cosine: cosine of the two, shape (L,); 0 if the update is zero.
        change: change of the teacher's loss along the student's step, shape (L,).
        leading: the predicted leading term of ``inner``, shape (L,); None if the theorem predicts none.
    """

    values: list[Any]
    step: float | list[float]
    inner: torch.Tensor
    cosine: torch.Tensor
    change: torch.Tensor
    leading: torch.Tensor | None = None


def outcome(
    draw: Draw, values: list[Any], step: float | list[float], displacement: torch.Tensor, start: torch.Tensor,
    update: torch.Tensor, rate: float | torch.Tensor,
) -> Outcome:  # fmt: skip
    """Measure updates. Updates, starts and displacements have shape (L, P), or (P,) if they are the same for all values."""
    inner = (update * displacement).sum(dim=-1).expand(len(values))
    lengths = update.norm(dim=-1) * displacement.norm(dim=-1)
    cosine = torch.where(lengths > 0, inner / lengths, torch.zeros_like(inner))
    change = draw.teacher(draw.network, start + rate * update) - draw.teacher(draw.network, start)
    return Outcome(values, step, inner, cosine, change.expand(len(values)))


def imitate(draw: Draw, start: torch.Tensor, displacement: torch.Tensor) -> torch.Tensor:
    """The student's update, shape (..., P), at ``start`` towards the outputs of the displaced teacher."""
    return draw.update(start, draw.student.labels(draw.outputs(draw.start + displacement)))


def softmax(draw: Draw) -> CrossEntropy:
    """The student's loss if it is a cross-entropy, else cross-entropy of all logits: for labels that are probabilities."""
    own = draw.student
    return own if isinstance(own, CrossEntropy) else CrossEntropy(torch.arange(draw.network.sizes[-1]))


def theorem(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    """All conditions hold; only the teacher's step grows."""
    steps = recipe["steps"]
    displacement = torch.tensor(steps).to(draw.descent).unsqueeze(1) * draw.descent
    update = imitate(draw, draw.start, displacement)
    measured = outcome(draw, steps, steps, displacement, draw.start, update, recipe["rate"])
    yield replace(measured, leading=torch.stack([draw.leading(each) for each in displacement]))


def other_start(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    steps = recipe["steps"]
    displacement = torch.tensor(steps).to(draw.descent).unsqueeze(1) * draw.descent
    update = imitate(draw, draw.other, displacement)
    yield outcome(draw, steps, steps, displacement, draw.other, update, recipe["rate"])


def start(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    values, step = recipe["conditions"]["start"], recipe["conditions"]["step"]
    displacement = step * draw.descent
    starts = torch.lerp(draw.start, draw.other, torch.tensor(values).to(draw.start).unsqueeze(1))
    labels = draw.student.labels(draw.outputs(draw.start + displacement)).expand(len(values), -1, -1)
    yield outcome(draw, values, step, displacement, starts, draw.update(starts, labels), recipe["rate"])


def activation(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    relu = replace(draw, network=replace(draw.network, activation="relu"))
    variants = {
        "smooth": draw,
        "relu": relu,
        "relu at kinks": replace(
            relu, start=draw.network.without_biases(draw.start), inputs=torch.zeros_like(draw.inputs)
        ),
    }  # fmt: skip
    step = recipe["conditions"]["step"]
    for value in recipe["conditions"]["activation"]:
        variant = variants[value]
        displacement = step * variant.descent
        yield outcome(
            variant, [value], step, displacement, variant.start, imitate(variant, variant.start, displacement), recipe["rate"]
        )


def negative(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    step, outputs = recipe["conditions"]["step"], draw.network.sizes[-1]
    displacement = step * draw.descent
    for value in recipe["conditions"]["negative"]:
        weights = torch.ones(outputs, dtype=draw.start.dtype)
        weights[:value] = -1.0
        variant = replace(draw, student=SquaredError(weights))
        yield outcome(
            variant, [value], step, displacement, variant.start, imitate(variant, variant.start, displacement), recipe["rate"]
        )


def temperature(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    values, step, loss = recipe["conditions"]["temperature"], recipe["conditions"]["step"], softmax(draw)
    displacement = step * draw.descent
    outputs = draw.outputs(draw.start + displacement)
    labels = torch.stack([loss.tempered(outputs, value) for value in values])
    yield outcome(draw, values, step, displacement, draw.start, draw.update(draw.start, labels, loss), recipe["rate"])


def samples(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    """Hard labels as counts: one multinomial draw per input, so that ten billion labels cost as much as one."""
    counts, loss = recipe["conditions"]["samples"], softmax(draw)
    for step in recipe["conditions"]["sample_steps"]:
        displacement = step * draw.descent
        exact = loss.labels(draw.outputs(draw.start + displacement))
        rng = generator("theory samples", *key, f"{step:g}")
        labels = torch.stack([exact, *(sampled(exact, count, rng) for count in counts)])
        update = draw.update(draw.start, labels, loss)
        yield outcome(draw, ["exact", *counts], step, displacement, draw.start, update, recipe["rate"])


def sampled(labels: torch.Tensor, count: int, rng: np.random.Generator) -> torch.Tensor:
    """The shares of each label among ``count`` labels sampled per input."""
    return torch.from_numpy(rng.multinomial(count, labels.numpy()) / count)


def power(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    values, step = recipe["conditions"]["power"], recipe["conditions"]["step"]
    displacement = step * draw.descent
    gradient = imitate(draw, draw.start, displacement)
    update = torch.stack([gradient.sign() * gradient.abs().pow(value) for value in values])
    # Rescaled to the length of the gradient: only the direction of the step is varied.
    update = update * (gradient.norm() / update.norm(dim=1, keepdim=True))
    yield outcome(draw, values, step, displacement, draw.start, update, recipe["rate"])


def direction(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    values, step = recipe["conditions"]["direction"], recipe["conditions"]["step"]
    across = normal(generator("theory direction", *key), len(draw.start))
    displacement = step * turned(draw.descent, across, values)
    yield outcome(draw, values, step, displacement, draw.start, imitate(draw, draw.start, displacement), recipe["rate"])


def turned(descent: torch.Tensor, across: torch.Tensor, cosines: list[float]) -> torch.Tensor:
    """The descent (P,) turned towards ``across`` (P,), to each of L cosines with it and at its length; shape (L, P)."""
    along = descent / descent.norm()
    across = across - (across @ along) * along
    turns = torch.tensor(cosines).to(along).unsqueeze(1)
    return descent.norm() * (turns * along + (1 - turns.square()).sqrt() * across / across.norm())


def student_rate(draw: Draw, recipe: dict[str, Any], key: tuple[int, int]) -> Iterator[Outcome]:
    values, step = recipe["conditions"]["student_rate"], recipe["conditions"]["step"]
    displacement = step * draw.descent
    rates = torch.tensor(values).to(draw.start).unsqueeze(1)
    yield outcome(draw, values, step, displacement, draw.start, imitate(draw, draw.start, displacement), rates)


CONDITIONS: dict[str, Callable[[Draw, dict[str, Any], tuple[int, int]], Iterator[Outcome]]] = {
    each.__name__: each
    for each in (theorem, other_start, start, activation, negative, temperature, samples, power, direction, student_rate)
}
