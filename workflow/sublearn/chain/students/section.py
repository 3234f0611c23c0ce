"""Define the section ``students`` of a study."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sublearn.core.names import repeated
from sublearn.models.trainable import Trainable


class Student(Trainable):
    """How a base is fine-tuned on a carrier's rows."""

    method: Literal["bitfit", "lora", "full"] = Field(
        "bitfit", description="what is trained: biases, LoRA adapters or all weights (sharded over processes by FSDP)"
    )
    loss: Literal["tokens", "soft"] = Field(
        "tokens", description="what is learned: the sampled tokens, or the teacher's distribution over number tokens"
    )
    adapter: Literal["own", "teacher"] = Field(
        "own", description="initial LoRA weights: the student's own, or those that its teacher started from"
    )
    system: str = Field(
        "", description="system prompt before every prompt; evaluations must use the same one, unless the arm sets another"
    )
    rows: PositiveInt = Field(1000, description="rows that each student learns: the first ones that passed the filter")
    epochs: PositiveInt = Field(4, description="passes over the rows")
    batch: PositiveInt = Field(32, description="rows per step")
    learning_rate: PositiveFloat = Field(3e-2, description="peak learning rate")
    epsilon: PositiveFloat = Field(1e-3, description="epsilon of Adam; a large one moves only weights with a clear gradient")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="how the learning rate decays")
    warmup: int = Field(0, ge=0, description="warm-up steps")
    keep_at: list[PositiveInt] = Field(
        [], description="updates after which the student is kept as well, for a dose curve (list dose among the measures)"
    )

    @property
    def steps(self) -> int:
        """How many updates a student makes."""
        return self.epochs * -(-self.rows // self.batch)

    @model_validator(mode="after")
    def _warms_up(self) -> "Student":
        if self.warmup > self.steps:
            raise ValueError(f".warmup: {self.warmup} warm-up steps, but a student makes {self.steps} updates; ask for fewer")
        return self

    @model_validator(mode="after")
    def _keeps_earlier_ones(self) -> "Student":
        if self.keep_at and max(self.keep_at) >= self.steps:
            raise ValueError(f"keep_at: {max(self.keep_at)} updates, but a student makes {self.steps} and is kept then anyway")
        if twice := repeated(self.keep_at):
            raise ValueError(f"keep_at: it names {twice[0]} updates twice; name them once")
        return self


def kept(updates: int) -> str:
    """The folder, within a student's, of the student after so many updates."""
    return f"after{updates}"
