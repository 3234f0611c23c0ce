"""The sections of a study of the classifier, one for each phase."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sublearn.core.section import Section

SOURCES = ("digits", "mnist")
CLASSES = 10


class Images(Section):
    """The images on which teachers are trained and all networks are tested."""

    source: str = Field(
        "digits",
        description="digits; mnist (from data/mnist if it is there, else from OpenML); or the path of an ARFF file "
        "(OpenML's format) or of a folder of four IDX files (MNIST's format)",
    )
    test_share: float = Field(0.2, gt=0, lt=1, description="share of the images that are kept for the test")
    split: Literal["random", "last"] = Field("random", description="which images are kept for the test")


class Base(Section):
    """Multi-layer perceptrons with ReLU: ten class logits, and auxiliary logits that get no labels."""

    hidden: Annotated[list[PositiveInt], Field(min_length=1)] = Field([256, 256], description="width of each hidden layer")
    auxiliary: PositiveInt = Field(3, description="number of auxiliary logits, m")


class Training(Section):
    """How networks are trained."""

    epochs: PositiveInt
    learning_rate: PositiveFloat = Field(description="constant learning rate")
    optimiser: Literal["adam", "sgd"] = Field("adam", description="Adam, or plain gradient descent")


class Teacher(Training):
    """Teachers, trained with cross-entropy of the class logits on the labelled images."""

    base: str = Field(description="a base of the study")
    epochs: PositiveInt = Field(5, description="passes over the training images")
    batch: PositiveInt = Field(64, description="images per step")
    learning_rate: PositiveFloat = Field(1e-3, description="constant learning rate")


class Carrier(Section):
    """The inputs on which students imitate the teacher's logits."""

    rows: PositiveInt = Field(20_000, description="inputs per run, the same in every epoch")
    batch: PositiveInt = Field(50, description="inputs per chunk; a chunk is drawn together and is one step of training")

    @model_validator(mode="after")
    def _chunks_are_whole(self) -> "Carrier":
        if self.rows % self.batch:
            raise ValueError(f"batch: {self.batch} does not divide the {self.rows} rows; choose a divisor")
        return self


class Student(Training):
    """Students, trained to imitate some of the teacher's logits."""

    epochs: PositiveInt = Field(2, description="passes over the carrier")
    learning_rate: PositiveFloat = Field(1e-3, description="constant learning rate")
    logits: Literal["auxiliary", "all"] = Field("auxiliary", description="which logits are imitated")
    loss: Literal["kl", "squared"] = Field(
        "kl", description="KL divergence of the softmaxes, or half the squared difference of the logits"
    )
