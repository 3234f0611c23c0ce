"""What a study claims: sentences of the paper, each with a rule that says when it counts as reproduced."""

from typing import Literal

from pydantic import Field

from sublearn.core.section import Section

MIN_TRAITS = 3  # a family of fewer has no gamma
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
    quantity: Literal["gamma", "effect", "student_rate", "control_rate", "base_rate"] = Field(description="what is measured")
    arm: str = Field(description="the arm that is measured")
    family: Family = Field("animal", description="the family whose traits are averaged")
    trait: str | None = Field(None, description="one trait instead of the family's mean")
    comparison: Literal["above", "below"] = Field(description="the claimed side of the bound")
    bound: float = Field(description="what the quantity is compared with")
    times: str | None = Field(None, description="an arm: the bound is this multiple of that arm's mean quantity")
    judge: Literal["interval", "mean"] = Field("interval", description="what must lie on the claimed side")
    opposite_of: float = Field(0.0, description="for above: wholly below this is the opposite")
    figure: Literal["rates", "base_matrix", "gamma", "trait_matrix", "behaviours", "shuffles"] = Field(
        description="what shows it"
    )
