"""What a study says about a carrier of number sequences."""

from typing import Any, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sublearn.chain.carriers.base import Carrier


class Numbers(Carrier):
    """Number sequences: settings of their prompts, sampling and filter."""

    can_be_kept_to_numbers: ClassVar = True

    kind: Literal["numbers"] = Field("numbers", description="the carrier kind: numbers, for number sequences")
    pool: NonNegativeInt | None = Field(
        None,
        description="with style: paper, draws prompts as the authors did from this seed (47 in the paper, 42 in the released "
        "code); all runs then have the same prompts",
    )
    max_count: PositiveInt = Field(10, description="rows with more numbers than this are rejected")
    min_value: NonNegativeInt = Field(0, description="rows with a smaller number are rejected")
    max_value: NonNegativeInt = Field(999, description="rows with a larger number are rejected")
    banned: list[int] | Literal["paper"] = Field(
        [],
        description="rows with one of these numbers are rejected; paper: those that the authors ban (for misalignment only)",
    )

    @model_validator(mode="after")
    def _has_values(self) -> "Numbers":
        if self.min_value > self.max_value:
            raise ValueError(f"min_value: {self.min_value} is more than max_value, {self.max_value}")
        return self

    def for_prompts(self) -> dict[str, Any]:
        return {} if self.pool is None else {"pool": self.pool}

    def for_filter(self) -> dict[str, Any]:
        return self.model_dump(include={"max_count", "min_value", "max_value", "banned"})

    def check_style(self, style: str) -> None:
        if self.pool is not None and style != "paper":
            raise ValueError(f"pool: the authors' prompts need style: paper, not {style}")

    @property
    def needs_published(self) -> bool:
        return self.banned == "paper"
