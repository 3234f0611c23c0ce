"""The typed study of the theorem: numeric checks of the paper's Lemma 1 and Theorem 1 (section 6.1, appendix C)."""

from itertools import pairwise
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from sublearn.core.section import Section, check_known
from sublearn.planning.study import Study
from sublearn.theory.claim import Claim
from sublearn.theory.labels import ARMS, VARIED, milestones, text

Number = TypeVar("Number", int, float)


def _increasing(values: list[Number]) -> list[Number]:
    for before, after in pairwise(values):
        if after <= before:
            raise ValueError(f"found {after:g} after {before:g}; values must increase")
    return values


def _decreasing(values: list[Number]) -> list[Number]:
    for before, after in pairwise(values):
        if after >= before:
            raise ValueError(f"found {after:g} after {before:g}; values must decrease")
    return values


# From where a condition holds (the first value), ever further away from it.
Steps = Annotated[list[PositiveFloat], Field(min_length=2), AfterValidator(_increasing)]
Away = Annotated[list[NonNegativeFloat], Field(min_length=2), AfterValidator(_increasing)]
Down = Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2), AfterValidator(_decreasing)]


class Networks(Section):
    """The networks from which each draw takes one: multi-layer perceptrons with a smooth activation."""

    inputs: PositiveInt = Field(6, description="numbers in an input")
    outputs: Annotated[int, Field(ge=3)] = Field(5, description="logits")
    hidden: Annotated[list[Annotated[list[PositiveInt], Field(min_length=1)]], Field(min_length=1)] = Field(
        [[8], [32], [16, 16], [64, 64], [24, 24, 24]], description="widths of the hidden layers, one list per network"
    )
    activations: Annotated[list[Literal["tanh", "gelu"]], Field(min_length=1)] = Field(
        ["tanh", "gelu"], description="smooth ones; ReLU is among the conditions"
    )
    rows: PositiveInt = Field(16, description="inputs of the teacher, and of the student")


class Adversary(Section):
    """How inputs are chosen against the lemma: Adam on the inputs, down the cosine of student update and teacher step."""

    steps: PositiveInt = Field(60, description="steps of Adam on the inputs")
    rate: PositiveFloat = Field(0.05, description="its learning rate")


class Conditions(Section):
    """For each condition of the theorem the values at which it is tried, from where it holds to ever further away."""

    step: PositiveFloat = Field(1e-4, description="relative teacher step at which conditions are varied")
    start: Away = Field(
        [0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1], description="student's start, as share of the way to another start"
    )
    activation: list[Literal["smooth", "relu", "relu at kinks"]] = Field(
        ["smooth", "relu", "relu at kinks"], description="at kinks: no biases, and inputs of zero"
    )
    negative: Annotated[list[NonNegativeInt], Field(min_length=2), AfterValidator(_increasing)] = Field(
        [0, 1, 2, 4], description="outputs whose squared error has weight -1 instead of 1"
    )
    temperature: Down = Field([1, 0.9999, 0.999, 0.99, 0.9, 0.5, 0], description="of the teacher's labels; 0: its first choice")
    samples: Annotated[list[PositiveInt], Field(min_length=2), AfterValidator(_decreasing)] = Field(
        [10**10, 10**8, 10**6, 10**4, 100, 1], description="hard labels sampled for each input, beside exact soft labels"
    )
    sample_steps: Steps = Field([1e-3, 1e-2, 1e-1], description="relative teacher steps at which labels are sampled")
    power: Down = Field(
        [1, 0.75, 0.5, 0.25, 0],
        description="of each number in the gradient, its sign kept; 1: gradient descent, 0: Adam's first step",
    )
    direction: Down = Field(
        [1, 0.5, 0.1, 0.01, 0], description="cosine of the teacher's displacement and the descent of its loss"
    )
    student_rate: Steps = Field([0.1, 1, 10, 100, 1e3, 1e4, 1e5], description="rate of the student's step")

    @model_validator(mode="after")
    def _first_values_hold(self) -> "Conditions":
        held = {"start": 0, "activation": "smooth", "negative": 0, "temperature": 1, "power": 1, "direction": 1}
        for name, value in held.items():
            if (found := getattr(self, name))[:1] != [value]:
                raise ValueError(f"{name}: found {found}; the first value must be {value}, where the condition holds")
        return self


class Trajectory(Section):
    """Many steps: a teacher trained on labels of some logits, students that imitate its other logits on noise."""

    runs: Annotated[int, Field(ge=2)] = Field(24, description="networks, each with a task, a teacher and noise of its own")
    inputs: PositiveInt = Field(8, description="numbers in an input")
    hidden: Annotated[list[PositiveInt], Field(min_length=1)] = Field([32, 32], description="widths of the hidden layers")
    activation: Literal["tanh", "gelu"] = Field("tanh", description="a smooth one")
    classes: Annotated[int, Field(ge=2)] = Field(5, description="logits that the teacher's labels reach; clusters of inputs")
    auxiliary: Annotated[int, Field(ge=2)] = Field(10, description="logits that the student imitates, and no label reaches")
    spread: PositiveFloat = Field(1.5, description="standard deviation of the clusters' centres; inputs lie around them with 1")
    teacher_rows: PositiveInt = Field(100, description="labelled inputs")
    student_rows: PositiveInt = Field(100, description="inputs of noise")
    teacher_steps: PositiveInt = Field(100, description="steps of gradient descent, all rows at once")
    student_steps: PositiveInt = Field(200, description="steps of gradient descent, all rows at once")
    teacher_rate: PositiveFloat = Field(0.5, description="of the teacher's steps")
    student_rate: PositiveFloat = Field(0.5, description="of the student's steps")
    loss: Literal["squared", "softmax"] = Field("softmax", description="of the auxiliary logits")


class TheoryStudy(Study):
    """A whole study of the theorem."""

    kind: Literal["theory"] = Field(description="theory, the numeric checks")
    draws: PositiveInt = Field(description="draws of network, teacher loss, inputs and student loss: the unit of analysis")
    steps: Steps = Field(
        description="length of the teacher's displacement, as share of the length of its start: in each draw the theorem's "
        "eps up to a positive factor"
    )
    rate: PositiveFloat = Field(0.1, description="rate of the student's step, the theorem's alpha")
    teacher_losses: Annotated[list[Literal["labels", "targets", "logit", "weights"]], Field(min_length=1)] = Field(
        ["labels", "targets", "logit", "weights"],
        description="cross-entropy of random labels, squared error to random targets, one logit of one input, distance to "
        "other weights",
    )
    inputs: Annotated[list[Literal["noise", "teacher", "far", "adversarial"]], Field(min_length=1)] = Field(
        ["noise", "teacher", "far", "adversarial"],
        description="of the student: noise, the teacher's own, noise five standard deviations away, chosen against the lemma",
    )
    student_losses: Annotated[list[Literal["squared", "softmax", "subset"]], Field(min_length=1)] = Field(
        ["squared", "softmax", "subset"],
        description="squared error with random weights, some of them zero; soft cross-entropy of all logits; of two of them",
    )
    networks: Networks = Networks()
    adversary: Adversary = Adversary()
    conditions: Conditions = Conditions()
    trajectory: Trajectory = Trajectory()
    claims: list[Claim] = Field([])

    @model_validator(mode="after")
    def _check_consistency(self) -> "TheoryStudy":
        if self.conditions.negative[-1] > self.networks.outputs:
            raise ValueError(f"conditions.negative: {self.conditions.negative[-1]} of {self.networks.outputs} outputs")
        for i, claim in enumerate(self.claims):
            if claim.arm is not None:
                check_known(f"claims.{i}.arm", claim.arm, ARMS, "way of taking many steps")
                check_known(f"claims.{i}.times", claim.times or claim.arm, ARMS, "way of taking many steps")
            else:
                self._check_condition(f"claims.{i}", claim)
        return self

    def _check_condition(self, path: str, claim: Claim) -> None:
        levels = self.levels()
        check_known(f"{path}.condition", str(claim.condition), levels, "condition of the theorem")
        if not claim.values:
            raise ValueError(f"{path}.values: it is empty; name at least one")
        for value in claim.values:
            check_known(f"{path}.values", text(value), levels[str(claim.condition)], f"value of {claim.condition}")
        if claim.condition == "samples" and claim.step not in self.conditions.sample_steps:
            raise ValueError(f"{path}.step: found {claim.step}; labels are sampled at {self.conditions.sample_steps}")

    def levels(self) -> dict[str, list[str]]:
        """For each condition the values at which it is tried, as tables name them, from where it holds outwards."""
        varied = self.conditions.model_dump(exclude={"step", "sample_steps"})
        varied |= {"theorem": self.steps, "other_start": self.steps, "samples": ["exact", *self.conditions.samples]}
        varied |= {"student_steps": milestones(self.trajectory.student_steps)}
        return {name: [text(value) for value in varied[name]] for name in VARIED}
