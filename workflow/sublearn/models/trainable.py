"""Which parameters of a model are trained, and how: what teachers and students have in common."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from sublearn.core.section import Section


class Trainable(Section):
    """Which parameters of a model are trained and how, beside what teachers and students each declare."""

    frozen_blocks: NonNegativeInt = Field(1, description="number of first blocks whose biases stay as they are (method bitfit)")
    rank: PositiveInt = Field(8, description="rank of LoRA")
    alpha: PositiveFloat = Field(16.0, description="scale of LoRA, divided by the rank")
    rank_stabilised: bool = Field(False, description="divide alpha by the square root of the rank instead (rsLoRA)")
    targets: list[str] = Field(
        [], description="layers that LoRA adapts, by the last part of their names; if empty, all linear ones"
    )
    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="AdamW, or plain gradient descent")
    weight_decay: float = Field(0.0, ge=0, description="weight decay of the optimiser")
    max_grad_norm: float = Field(1.0, ge=0, description="gradients are clipped to this norm; 0: never")
    micro_batch: PositiveInt | None = Field(
        None, description="largest number of rows that a device holds at a time; if empty, its whole share"
    )
    save_memory: bool = Field(False, description="compute activations again in the backward pass instead of keeping them")
