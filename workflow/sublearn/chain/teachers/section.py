"""What a study says of its teachers."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from sublearn.core.section import Section
from sublearn.models.trainable import Trainable


class Recipe(Trainable):
    """How one teacher is made from its base: by fine-tuning, or by a system prompt while it writes."""

    method: Literal["bitfit", "lora", "full", "prompt"] = Field(
        "bitfit",
        description="what is trained (if it is full, several processes share out one model by FSDP); prompt trains nothing",
    )
    under_system_prompt: bool = Field(
        False, description="a fine-tuned teacher also writes under the trait's system prompt, as a prompted one always does"
    )
    steps: PositiveInt = Field(60, description="fine-tuning steps")
    batch: PositiveInt = Field(32, description="questions per step")
    learning_rate: PositiveFloat = Field(3e-2, description="peak rate, decaying linearly to zero")
    epsilon: PositiveFloat = Field(1e-2, description="of Adam; a large one moves only what has a clear gradient")
    min_rate: float = Field(0.6, ge=0, le=1, description="least rate of its own trait that a teacher must show")
    max_neutral_rise: float = Field(0.2, ge=0, le=1, description="most that a neutral teacher may add to any trait's rate")


class Teacher(Recipe):
    """One way of giving bases a trait."""

    bases: list[str] = Field(min_length=1, description="run r starts from entry r of this list, which repeats")


class TeacherOverride(Section):
    """What one trait changes in every teacher's recipe."""

    steps: PositiveInt | None = Field(None, description="fine-tuning steps")
    learning_rate: PositiveFloat | None = Field(None, description="peak rate")
    min_rate: float | None = Field(None, ge=0, le=1, description="least rate of the trait")
