"""The keys that every study has, whatever its kind."""

import re
from collections.abc import Iterable, Sequence

from pydantic import Field, NonNegativeFloat, model_validator

from sublearn.core.claims import Rule
from sublearn.core.section import Section


def check_names(names: Iterable[str]) -> None:
    """Refuse names of a study's parts that cannot be names of folders, or that run folders have.

    Raises:
        ValueError: one sentence with the first of them.
    """
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or re.fullmatch(r"run\d+", name):
            raise ValueError(f"the name '{name}' should be lower-case letters, digits and underscores, and not run0, run1 …")


class Study(Section):
    """A study. Each study kind adds sections to these keys."""

    kind: str
    name: str
    title: str = Field("", description="the study's title in the report, one line")
    seed: int = Field(ge=0, description="seed of all random draws of the study")
    tolerance: NonNegativeFloat = Field(
        1e-12, description="largest difference allowed in a number when tables are made again from the same evaluations"
    )
    claims: Sequence[Rule] = Field([])

    @model_validator(mode="after")
    def _claims_have_names_of_their_own(self) -> "Study":
        names = [claim.claim for claim in self.claims]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"claims: two are named {min(repeated)}; each needs a name of its own")
        return self
