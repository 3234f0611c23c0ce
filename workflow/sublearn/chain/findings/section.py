"""What a study claims: sentences of the paper, each with a rule that says when it counts as reproduced."""

from typing import Annotated

from pydantic import Field

from sublearn.chain.findings.figures.base import FIGURES
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn


class Claim(Rule):
    """A claim about language models: ``quantity`` of ``arm`` must lie on the claimed side of ``bound``."""

    quantity: Annotated[str, NameIn(QUANTITIES)] = Field(description="what is measured")
    arm: str = Field(description="the arm that is measured")
    family: str = Field("animal", description="the family whose traits are averaged")
    trait: str | None = Field(None, description="one trait instead of the family's mean")
    figure: Annotated[str, NameIn(FIGURES)] = Field(description="the figure that shows it")
