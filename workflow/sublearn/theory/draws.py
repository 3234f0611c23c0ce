"""Random draws: a network with its start, a teacher's loss, a student's loss, and the inputs of the student."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from sublearn.core.seeds import generator
from sublearn.theory.labels import widths
from sublearn.theory.losses import StudentLoss, TeacherLoss, draw_student_loss
from sublearn.theory.networks import Network, normal

FAR = 5.0  # distance of the far inputs from the teacher's, in standard deviations of each coordinate


@dataclass(frozen=True)
class Draw:
    """All that a first step depends on. Expectations over inputs are exact, because the rows are the whole distribution."""

    network: Network
    start: torch.Tensor  # (P,)
    other: torch.Tensor  # (P,), an unrelated start
    teacher: TeacherLoss
    student: StudentLoss
    inputs: torch.Tensor  # (rows, inputs)
    kinds: dict[str, str]  # the drawn options, as columns of the table

    @cached_property
    def descent(self) -> torch.Tensor:
        """Minus the gradient of the teacher's loss at its start, rescaled to the length of the start, shape (P,)."""
        gradient = torch.func.grad(lambda theta: self.teacher(self.network, theta))(self.start)
        return -gradient * (self.start.norm() / gradient.norm())

    def outputs(self, theta: torch.Tensor) -> torch.Tensor:
        """Outputs (..., rows, outputs) on the student's inputs, for parameters (..., P)."""
        return self.network(theta, self.inputs)

    def update(self, start: torch.Tensor, labels: torch.Tensor, loss: StudentLoss | None = None) -> torch.Tensor:
        """The student's direction: minus the gradient of its expected loss at ``start``.

        Args:
            start: parameters, shape (P,), or (..., P) with one vector for each set of labels.
            labels: the student's labels, shape (..., rows, k).
            loss: replaces the draw's own loss.
        """
        imitated = loss or self.student
        starts = start.expand(*labels.shape[:-2], -1) if labels.dim() > 2 else start
        return -torch.func.grad(lambda theta: imitated(self.outputs(theta), labels).sum())(starts)

    def leading(self, displacement: torch.Tensor) -> torch.Tensor:
        """The leading term of update . displacement, E[(J d)' M (J d)] (appendix C), for a displacement (P,)."""
        outputs, change = torch.func.jvp(self.outputs, (self.start,), (displacement,))
        return self.student.leading(outputs, change)


def draw(recipe: dict[str, Any], study_seed: int, number: int) -> Draw:
    """Draw number ``number``; each of its parts has its own key."""

    def chosen(what: str, options: list[Any]) -> Any:
        return options[generator("theory", what, study_seed, number).integers(len(options))]

    shape = recipe["networks"]
    hidden = chosen("hidden", shape["hidden"])
    network = Network((shape["inputs"], *hidden, shape["outputs"]), chosen("activation", shape["activations"]))
    kinds = {
        "hidden": widths(hidden),
        "activation": network.activation,
        "teacher_loss": chosen("teacher loss", recipe["teacher_losses"]),
        "inputs": chosen("inputs", recipe["inputs"]),
        "student_loss": chosen("student loss", recipe["student_losses"]),
    }
    teacher = TeacherLoss.draw(kinds["teacher_loss"], network, shape["rows"], generator("theory teacher", study_seed, number))
    noise = normal(generator("theory noise", study_seed, number), shape["rows"], shape["inputs"])
    places = {"noise": noise, "teacher": teacher.inputs, "far": noise + FAR, "adversarial": noise}
    drawn = Draw(
        network=network,
        start=network.draw(generator("theory start", study_seed, number)),
        other=network.draw(generator("theory other start", study_seed, number)),
        teacher=teacher,
        student=draw_student_loss(kinds["student_loss"], shape["outputs"], generator("theory student", study_seed, number)),
        inputs=places[kinds["inputs"]],
        kinds=kinds,
    )
    if kinds["inputs"] == "adversarial":
        return replace(drawn, inputs=against(drawn, recipe["steps"][0], **recipe["adversary"]))
    return drawn


def against(drawn: Draw, step: float, steps: int, rate: float) -> torch.Tensor:
    """Adversarial inputs (rows, inputs): Adam moves the draw's own to lower the cosine of update and displacement.

    The update is the student's, the displacement the teacher's. The relative ``step`` of the teacher is the smallest of the
    study, so the adversary attacks the lemma where it must hold.
    """
    displacement = step * drawn.descent

    def cosine(inputs: torch.Tensor) -> torch.Tensor:
        moved = replace(drawn, inputs=inputs)
        update = moved.update(moved.start, moved.student.labels(moved.outputs(moved.start + displacement)))
        return torch.nn.functional.cosine_similarity(update, displacement, dim=0, eps=0.0)

    inputs = drawn.inputs.clone()
    adam = torch.optim.Adam([inputs], lr=rate)
    for _ in range(steps):
        inputs.grad = torch.func.grad(cosine)(inputs)
        adam.step()
    return inputs
