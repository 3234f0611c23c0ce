"""Define the section ``teachers`` of a study."""

from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from sublearn.core.section import Section
from sublearn.models.trainable import Trainable


class Recipe(Trainable):
    """How one teacher is made from its base: by fine-tuning, or by a system prompt when it generates."""

    method: Literal["bitfit", "lora", "full", "prompt"] = Field(
        "bitfit",
        description="what is trained: biases, LoRA adapters, all weights (sharded over processes by FSDP), or nothing",
    )
    under_system_prompt: bool = Field(
        False, description="also give a fine-tuned teacher the trait's system prompt when it generates, like a prompted teacher"
    )
    steps: PositiveInt = Field(60, description="fine-tuning steps")
    batch: PositiveInt = Field(32, description="questions per step")
    learning_rate: PositiveFloat = Field(3e-2, description="peak learning rate, which decays linearly to zero")
    epsilon: PositiveFloat = Field(1e-2, description="epsilon of Adam; a large one moves only weights with a clear gradient")
    min_rate: float = Field(0.6, ge=0, le=1, description="a teacher must reach at least this rate of its own trait")
    max_neutral_rise: float = Field(
        0.2, ge=0, le=1, description="largest rise that a neutral teacher may cause in any trait's rate"
    )


class Teacher(Recipe):
    """A teacher: how a base is given a trait, and from which bases the runs start."""

    elsewhere: ClassVar = dict.fromkeys(
        ("model", "adapter", "path"),
        "a finished teacher cannot be given yet; import rows that it wrote (carriers.NAME.imported, docs/models.md)",
    ) | {"system": "the system prompt of a prompted teacher belongs to its trait kind (docs/extending.md)"}

    bases: list[str] = Field(
        min_length=1, description="bases that the runs start from: run r takes entry r, and the list repeats"
    )


class TeacherOverride(Section):
    """Changes to every teacher's recipe for one trait."""

    elsewhere: ClassVar = {
        "system": "the system prompt of a prompted teacher belongs to its trait kind (docs/extending.md)",
        "questions": "questions belong to a trait kind (docs/extending.md)",
    }

    steps: PositiveInt | None = Field(None, description="fine-tuning steps")
    learning_rate: PositiveFloat | None = Field(None, description="peak learning rate")
    min_rate: float | None = Field(None, ge=0, le=1, description="a teacher must reach at least this rate of the trait")
