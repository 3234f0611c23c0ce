"""What a claim of the classifier says: which quantity of which arm is measured, and what shows it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sublearn.classifier.figures.base import FIGURES
from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn


class Claim(Rule):
    """A claim of the classifier: an arm's accuracy, its gain over its own start's base, or its lead over another arm."""

    quantity: Literal["accuracy", "gain", "lead"] = Field(description="what is measured, on test images, run by run")
    arm: str = Field(description="an arm, a teacher, or base")
    over: str | None = Field(None, description="for lead: the arm whose accuracy in the same run is taken away")
    figure: Annotated[str, NameIn(FIGURES)] = Field("accuracies", description="what shows it")

    @model_validator(mode="after")
    def _leads_over_something(self) -> "Claim":
        if (self.quantity == "lead") != (self.over is not None):
            raise ValueError("over: a lead is over an arm, and nothing else is; name one, or leave it out")
        return self
