"""What a claim of the theorem says: which quantity of first steps or of many steps is measured, and what shows it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn
from sublearn.theory.figures.base import FIGURES


class Claim(Rule):
    """A claim of the theorem, about first steps (``condition``) or about many steps (``arm``)."""

    quantity: Literal["sign", "decrease", "sign_excess", "deviation", "alignment", "transfer"] = Field(
        description="share of draws whose inner product is not negative, or whose teacher loss falls, at every one of the "
        "values; share of signs less one half; largest relative deviation from the leading term; mean cosine of the "
        "student's steps and the teacher's displacement; share of the teacher's fall in loss that the student has in the end"
    )
    condition: str | None = Field(None, description="theorem, other_start, or a condition that is varied")
    values: list[str | float] = Field([], description="values of the condition")
    step: float | None = Field(None, description="relative teacher step, where the condition is tried at several")
    arm: str | None = Field(None, description="a way of taking many steps")
    figure: Annotated[str, NameIn(FIGURES)] = Field(description="what shows it")

    @model_validator(mode="after")
    def _is_of_one_thing(self) -> "Claim":
        many = self.quantity in ("alignment", "transfer")
        if many != (self.arm is not None) or many == (self.condition is not None):
            raise ValueError(
                f"{self.claim}: {self.quantity} is of {'an arm' if many else 'a condition'}; name one, and no other"
            )
        return self
