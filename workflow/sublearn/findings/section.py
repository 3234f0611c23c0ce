"""What a study claims: sentences of the paper, each with a rule that says when it counts as reproduced."""

from typing import Literal

from pydantic import Field

from sublearn.core.section import Section

Family = Literal["animal", "tree", "behaviour"]


class Claim(Section):
    """A sentence and its rule: ``quantity`` of ``arm`` must lie above or below ``bound``.

    Reproduced: the interval lies wholly on the claimed side of the bound (with ``judge: mean``, the mean does). Opposite: where
    it should be above, it lies wholly below ``opposite_of``; where it should be below, wholly above the bound. Anything else is
    not reproduced.
    """

    claim: str = Field(description="short name, unique in the study")
    statement: str = Field(description="the sentence, in our words")
    source: str = Field(description="where the paper says it")
    paper_value: str = Field("", description="the paper's number, if it gives one")
    quantity: Literal["gamma", "effect", "student_rate", "control_rate", "base_rate"]
    arm: str
    family: Family = "animal"
    trait: str | None = Field(None, description="one trait instead of the family's mean")
    comparison: Literal["above", "below"]
    bound: float = Field(description="what the quantity is compared with")
    times: str | None = Field(None, description="an arm: the bound is this multiple of that arm's mean quantity")
    judge: Literal["interval", "mean"] = "interval"
    opposite_of: float = 0.0
    figure: str = Field(description="the figure that shows it")
