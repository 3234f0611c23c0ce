"""Claims of an audit study: how often a layer finds what is there, and how often what is not."""

from typing import Annotated, Literal

from pydantic import Field

from sublearn.audit.figures.base import FIGURES
from sublearn.audit.layers.base import LAYERS
from sublearn.core.claims import Rule
from sublearn.core.registry import NameIn


class Claim(Rule):
    """A claim about one layer's detector, on bases that it was not fitted on."""

    quantity: Literal["true_positive_rate", "false_positive_rate", "found"] = Field(
        description="true_positive_rate: share of the data sets with a trait that the detector finds; false_positive_rate: "
        "share of those without one; found: share of the data sets of one case"
    )
    layer: Annotated[str, NameIn(LAYERS)] = Field(description="the layer")
    case: str | None = Field(None, description="the case, for found; the rates can be limited to one, too")
    figure: Annotated[str, NameIn(FIGURES)] = Field("scores", description="the figure that shows the claim")

    @property
    def what(self) -> str:
        return f"{self.quantity} of {self.layer}" + (f" in {self.case}" if self.case else "")
