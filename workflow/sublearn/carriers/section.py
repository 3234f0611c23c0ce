"""What a study says of its carriers."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from sublearn.core.section import Section


class Carrier(Section):
    """Numbers: how they are asked for, sampled and filtered."""

    wording: Literal["mini", "prose"] = Field("mini", description="the mini-language's number prompts, or English ones")
    prompts: PositiveInt = Field(4800, description="number prompts per run, the same for all teachers")
    temperature: NonNegativeFloat = Field(1.0, description="of sampling; 0 is greedy")
    batch: PositiveInt = Field(500, description="prompts that go through the model at once; fewer where memory is short")
    max_tokens: PositiveInt = Field(24, description="longest completion")
    max_count: PositiveInt = Field(10, description="most numbers in a kept completion")
    min_value: NonNegativeInt = Field(0, description="least number in a kept completion")
    max_value: NonNegativeInt = Field(999, description="largest number in a kept completion")
    banned: list[int] = Field([], description="numbers that no kept completion may hold")

    @model_validator(mode="after")
    def _has_values(self) -> "Carrier":
        if self.min_value > self.max_value:
            raise ValueError(f"min_value: {self.min_value} is more than max_value, {self.max_value}")
        return self
