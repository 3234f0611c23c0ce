"""What a study claims: sentences of the paper, each with a rule that says when it counts as reproduced."""

from typing import Literal

from pydantic import Field

from sublearn.core.claims import Rule

MIN_TRAITS = 3  # a family of fewer has no gamma
Family = Literal["animal", "tree", "behaviour"]


class Claim(Rule):
    """A claim of the chain: ``quantity`` of ``arm`` must lie on the claimed side of ``bound``."""

    quantity: Literal["gamma", "effect", "student_rate", "control_rate", "base_rate"] = Field(description="what is measured")
    arm: str = Field(description="the arm that is measured")
    family: Family = Field("animal", description="the family whose traits are averaged")
    trait: str | None = Field(None, description="one trait instead of the family's mean")
    figure: Literal["rates", "base_matrix", "gamma", "trait_matrix", "behaviours", "shuffles"] = Field(
        description="what shows it"
    )
