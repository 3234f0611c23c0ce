"""What a study says of its students."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from sublearn.models.trainable import Trainable


class Student(Trainable):
    """How a base is fine-tuned on a carrier."""

    method: Literal["bitfit", "lora", "full"] = Field(
        "bitfit", description="what is trained; if it is full, several processes share out one model (FSDP)"
    )
    loss: Literal["tokens", "soft"] = Field(
        "tokens", description="the sampled tokens, or the teacher's distribution over number tokens"
    )
    adapter: Literal["own", "teacher"] = Field("own", description="whose initial LoRA weights the student starts from")
    system: str = Field("", description="system prompt before every prompt; evaluations have the same, or an arm says so")
    rows: PositiveInt = Field(1000, description="rows that are learned: the first that passed the filter, equally many for all")
    epochs: PositiveInt = Field(4, description="passes over the rows")
    batch: PositiveInt = Field(32, description="rows per step")
    learning_rate: PositiveFloat = Field(3e-2, description="peak rate")
    epsilon: PositiveFloat = Field(1e-3, description="of Adam; a large one moves only what has a clear gradient")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="how the rate decays")
    warmup: int = Field(0, ge=0, description="steps of warm-up")
