"""The form of every section of a study: typed, closed, unchanging."""

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt


class Section(BaseModel):
    """A part of a study; unknown keys are refused, values are not changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Trainable(Section):
    """Which parameters of a model are trained, beside the method that teachers and students each declare."""

    frozen_blocks: NonNegativeInt = Field(1, description="first blocks whose biases stay as they are (method bias)")
    rank: PositiveInt = Field(8, description="rank of LoRA")
    alpha: PositiveFloat = Field(16.0, description="scale of LoRA, divided by the rank")
