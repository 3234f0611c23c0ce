"""A study of the theorem in miniature, and draws made by hand."""

import pytest
import torch

from sublearn.theory.draws import Draw
from sublearn.theory.losses import StudentLoss, TeacherLoss
from sublearn.theory.networks import Network, normal
from sublearn.theory.plan import OF_FIRST_STEPS
from sublearn.theory.study import TheoryStudy

MINIATURE = {
    "kind": "theory",
    "name": "mini",
    "seed": 101,
    "draws": 3,
    "steps": [1e-6, 1e-5, 1.0],
    "networks": {"hidden": [[4], [3, 3]], "inputs": 3, "outputs": 4, "rows": 5},
    "adversary": {"steps": 2},
    "conditions": {"samples": [100, 1], "sample_steps": [1e-3, 1e-2]},
    "trajectory": {"runs": 3, "hidden": [6], "teacher_steps": 5, "student_steps": 4},
}


@pytest.fixture(scope="session")
def study() -> TheoryStudy:
    return TheoryStudy.model_validate(MINIATURE)


@pytest.fixture(scope="session")
def recipe(study) -> dict:
    """What the step of first steps is told."""
    return study.model_dump(include=OF_FIRST_STEPS)


@pytest.fixture
def by_hand():
    """A function that makes a draw from a network's shape and a student's loss; all else is random."""

    def make(sizes: tuple[int, ...], student: StudentLoss, rng, activation: str = "tanh", kind: str = "targets") -> Draw:
        network = Network(sizes, activation)
        teacher = TeacherLoss.draw(kind, network, 6, rng)
        return Draw(network, network.draw(rng), network.draw(rng), teacher, student, normal(rng, 7, sizes[0]), {})

    return make


@pytest.fixture
def hessian():
    """A function that returns a function's matrix of second derivatives, by torch and not by formula."""
    return lambda function, at: torch.func.hessian(function)(at)
