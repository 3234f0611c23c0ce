"""Define the section ``claims`` of a study: the paper's claims, each with a rule that decides if it is reproduced."""

from typing import Annotated

from pydantic import Field

from sublearn.chain.findings.figures.base import FIGURES
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn


class Claim(Rule):
    """A claim about language models: ``quantity`` of ``arm`` must lie on the claimed side of ``bound``."""

    quantity: Annotated[str, NameIn(QUANTITIES)] = Field(description="the quantity that is measured")
    arm: str = Field(description="the arm in which it is measured")
    family: str = Field("animal", description="the family of traits to average over")
    trait: str | None = Field(None, description="a single trait to measure, instead of the family's mean")
    figure: Annotated[str, NameIn(FIGURES)] = Field(description="the figure that shows the claim")

    @property
    def what(self) -> str:
        return f"{self.quantity} of {self.trait or self.family} in {self.arm}"
