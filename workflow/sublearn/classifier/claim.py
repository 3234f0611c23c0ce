"""Claims of the classifier: which quantity of which arm is measured, and which figure shows it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sublearn.classifier.figures.base import FIGURES
from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn


class Claim(Rule):
    """A claim about an arm's accuracy, its gain over the base that it started from, or its lead over another arm."""

    quantity: Literal["accuracy", "gain", "lead"] = Field(description="what is measured on the test images, run by run")
    arm: str = Field(description="an arm, a teacher, or base")
    over: str | None = Field(None, description="for lead: the arm whose accuracy in the same run is subtracted")
    figure: Annotated[str, NameIn(FIGURES)] = Field("accuracies", description="the figure that shows the claim")

    @property
    def what(self) -> str:
        return f"{self.quantity} of {self.arm}" + (f" over {self.over}" if self.over else "")

    @model_validator(mode="after")
    def _leads_over_something(self) -> "Claim":
        if (self.quantity == "lead") != (self.over is not None):
            raise ValueError(
                "over: a lead is over an arm, and no other quantity is; name the arm of a lead, and leave it out otherwise"
            )
        return self
