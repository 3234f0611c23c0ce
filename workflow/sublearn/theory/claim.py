"""Claims of the theorem: which quantity of first steps or of many steps is measured, and which figure shows it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn
from sublearn.theory.figures.base import FIGURES
from sublearn.theory.labels import text


class Claim(Rule):
    """A claim about first steps (``condition``) or about many steps (``arm``)."""

    quantity: Literal["sign", "decrease", "sign_excess", "deviation", "alignment", "transfer"] = Field(
        description="sign: share of draws whose inner product is not negative at every value; decrease: share of draws whose "
        "teacher loss falls at every value; sign_excess: sign minus one half; deviation: largest relative deviation from the "
        "leading term; alignment: mean cosine of the student's steps and the teacher's displacement; transfer: the student's "
        "final fall in the teacher's loss, as a share of the teacher's own fall"
    )
    condition: str | None = Field(None, description="theorem, other_start, or a condition that is varied")
    values: list[str | float] = Field([], description="values of the condition")
    step: float | None = Field(None, description="relative teacher step, if the condition is tried at several steps")
    arm: str | None = Field(None, description="a way of taking many steps, such as same_start")
    figure: Annotated[str, NameIn(FIGURES)] = Field(description="the figure that shows the claim")

    @property
    def what(self) -> str:
        if self.arm is not None:
            return f"{self.quantity} of {self.arm}"
        at = f" at teacher step {self.step:g}" if self.step is not None else ""
        return f"{self.quantity} of {self.condition} {', '.join(map(text, self.values))}{at}"

    @model_validator(mode="after")
    def _is_of_one_thing(self) -> "Claim":
        many = self.quantity in ("alignment", "transfer")
        if many != (self.arm is not None) or many == (self.condition is not None):
            raise ValueError(
                f"{self.claim}: {self.quantity} is of {'an arm' if many else 'a condition'}; name one, and no other"
            )
        ignored = ("values", "step") if many else ("times",)
        if given := [key for key in ignored if getattr(self, key)]:
            raise ValueError(f".{given[0]}: {self.quantity} of {self.arm or self.condition} has none; leave it out")
        return self
