"""The study of the theorem: numeric checks of the paper's Lemma 1 and Theorem 1 (section 6.1, appendix C)."""

from itertools import pairwise
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from sublearn.core.section import Section, check_known, shown
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


# The first value is where a condition holds; the others lie ever further away from it.
Steps = Annotated[list[PositiveFloat], Field(min_length=2), AfterValidator(_increasing)]
Away = Annotated[list[NonNegativeFloat], Field(min_length=2), AfterValidator(_increasing)]
Down = Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=2), AfterValidator(_decreasing)]


class Networks(Section):
    """The networks of the draws: multi-layer perceptrons with a smooth activation. Each draw takes one."""

    inputs: PositiveInt = Field(6, description="width of the inputs")
    outputs: Annotated[int, Field(ge=3)] = Field(5, description="number of logits")
    hidden: Annotated[list[Annotated[list[PositiveInt], Field(min_length=1)]], Field(min_length=1)] = Field(
        [[8], [32], [16, 16], [64, 64], [24, 24, 24]], description="widths of the hidden layers, one list per network"
    )
    activations: Annotated[list[Literal["tanh", "gelu"]], Field(min_length=1)] = Field(
        ["tanh", "gelu"], description="smooth activations; ReLU is among the conditions"
    )
    rows: PositiveInt = Field(16, description="number of inputs, of the teacher and of the student alike")


class Adversary(Section):
    """How adversarial inputs are made: Adam moves them to lower the cosine of the student's update and the teacher's step."""

    steps: PositiveInt = Field(60, description="number of Adam's steps on the inputs")
    rate: PositiveFloat = Field(0.05, description="Adam's learning rate")


class Conditions(Section):
    """The values at which each condition of the theorem is tried, from where it holds to ever further away."""

    step: PositiveFloat = Field(1e-4, description="relative teacher step at which conditions are varied")
    start: Away = Field(
        [0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1], description="student's start, as a share of the way to an unrelated start"
    )
    activation: list[Literal["smooth", "relu", "relu at kinks"]] = Field(
        ["smooth", "relu", "relu at kinks"], description="the activation; at kinks, biases and inputs are zero"
    )
    negative: Annotated[list[NonNegativeInt], Field(min_length=2), AfterValidator(_increasing)] = Field(
        [0, 1, 2, 4], description="number of outputs whose squared error has weight -1 instead of 1"
    )
    temperature: Down = Field(
        [1, 0.9999, 0.999, 0.99, 0.9, 0.5, 0], description="temperature of the teacher's labels; 0: its most probable label"
    )
    samples: Annotated[list[PositiveInt], Field(min_length=2), AfterValidator(_decreasing)] = Field(
        [10**10, 10**8, 10**6, 10**4, 100, 1],
        description="number of hard labels sampled per input; exact soft labels come first",
    )
    sample_steps: Steps = Field([1e-3, 1e-2, 1e-1], description="relative teacher steps at which labels are sampled")
    power: Down = Field(
        [1, 0.75, 0.5, 0.25, 0],
        description="power of each entry of the gradient, its sign kept; 1: gradient descent, 0: Adam's first step",
    )
    direction: Down = Field(
        [1, 0.5, 0.1, 0.01, 0], description="cosine of the teacher's displacement and the descent of its loss"
    )
    student_rate: Steps = Field([0.1, 1, 10, 100, 1e3, 1e4, 1e5], description="learning rate of the student's step")

    @model_validator(mode="after")
    def _first_values_hold(self) -> "Conditions":
        held = {"start": 0, "activation": "smooth", "negative": 0, "temperature": 1, "power": 1, "direction": 1}
        for name, value in held.items():
            if (values := getattr(self, name))[:1] != [value]:
                raise ValueError(f"{name}: found {values}; the first value must be {value}, where the condition holds")
        return self


class Trajectory(Section):
    """Many steps: a teacher learns labels with some of its logits, and students imitate its other logits on noise."""

    runs: Annotated[int, Field(ge=2, le=10_000)] = Field(
        24, description="number of runs, each with its own task, teacher and noise"
    )
    inputs: PositiveInt = Field(8, description="width of the inputs")
    hidden: Annotated[list[PositiveInt], Field(min_length=1)] = Field([32, 32], description="widths of the hidden layers")
    activation: Literal["tanh", "gelu"] = Field("tanh", description="a smooth activation")
    classes: Annotated[int, Field(ge=2)] = Field(
        5, description="number of logits that learn the labels, and number of clusters of inputs"
    )
    auxiliary: Annotated[int, Field(ge=2)] = Field(
        10, description="number of logits that the student imitates; they get no labels"
    )
    spread: PositiveFloat = Field(
        1.5, description="standard deviation of the clusters' centres; that of inputs around a centre is 1"
    )
    teacher_rows: PositiveInt = Field(100, description="number of labelled inputs of the teacher")
    student_rows: PositiveInt = Field(100, description="number of noise inputs of the student")
    teacher_steps: PositiveInt = Field(100, description="the teacher's steps of full-batch gradient descent")
    student_steps: PositiveInt = Field(200, description="the student's steps of full-batch gradient descent")
    teacher_rate: PositiveFloat = Field(0.5, description="learning rate of the teacher")
    student_rate: PositiveFloat = Field(0.5, description="learning rate of the student")
    loss: Literal["squared", "softmax"] = Field("softmax", description="the student's loss on the auxiliary logits")


class TheoryStudy(Study):
    """A study of the theorem."""

    kind: Literal["theory"] = Field(description="the study kind: theory, numeric checks of the theorem")
    draws: PositiveInt = Field(
        description="number of draws of network, teacher loss, inputs and student loss; the draw is the unit of analysis"
    )
    steps: Steps = Field(
        description="length of the teacher's displacement divided by that of its start: the theorem's eps, up to a "
        "positive factor in each draw"
    )
    rate: PositiveFloat = Field(0.1, description="learning rate of the student, the theorem's alpha")
    teacher_losses: Annotated[list[Literal["labels", "targets", "logit", "weights"]], Field(min_length=1)] = Field(
        ["labels", "targets", "logit", "weights"],
        description="the teacher's losses: cross-entropy of random labels, squared error to random targets, minus one logit "
        "of one input, half the squared distance to other weights",
    )
    inputs: Annotated[list[Literal["noise", "teacher", "far", "adversarial"]], Field(min_length=1)] = Field(
        ["noise", "teacher", "far", "adversarial"],
        description="the student's inputs: noise, the teacher's own, noise five standard deviations away, or adversarial ones",
    )
    student_losses: Annotated[list[Literal["squared", "softmax", "subset"]], Field(min_length=1)] = Field(
        ["squared", "softmax", "subset"],
        description="the student's losses: squared error with random weights, some of them zero, or soft cross-entropy of all "
        "logits or of two of them",
    )
    networks: Networks = Networks()
    adversary: Adversary = Adversary()
    conditions: Conditions = Conditions()
    trajectory: Trajectory = Trajectory()
    claims: list[Claim] = Field([])

    @model_validator(mode="after")
    def _check_consistency(self) -> "TheoryStudy":
        if self.conditions.negative[-1] > self.networks.outputs:
            raise ValueError(
                f"conditions.negative: {self.conditions.negative[-1]} of {self.networks.outputs} outputs; use no more"
            )
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
            raise ValueError(f"{path}.step: found {shown(claim.step)}; labels are sampled at {self.conditions.sample_steps}")

    def levels(self) -> dict[str, list[str]]:
        """For each condition, the values at which it is tried, as tables write them, from where it holds outwards."""
        varied = self.conditions.model_dump(exclude={"step", "sample_steps"})
        varied |= {"theorem": self.steps, "other_start": self.steps, "samples": ["exact", *self.conditions.samples]}
        varied |= {"student_steps": milestones(self.trajectory.student_steps)}
        return {name: [text(value) for value in varied[name]] for name in VARIED}
