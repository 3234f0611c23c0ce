"""The keys that every study has, whatever its kind, and the rules for its names and lists."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field, NonNegativeFloat, model_validator

from sublearn.core.claims import Rule
from sublearn.core.names import FORM, is_name, repeated
from sublearn.core.section import Section, shown

BY_RUN = ("base", "bases")  # lists of which each run takes an entry, so one may be there twice


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
        if twice := repeated(claim.claim for claim in self.claims):
            raise ValueError(f"claims: two are named {twice[0]}; each needs a name of its own")
        return self

    @model_validator(mode="after")
    def _lists_name_each_thing_once(self) -> "Study":
        for name in type(self).model_fields:
            _refuse_repeated(name, getattr(self, name))
        return self


def check_names(names: Iterable[str], *taken: str) -> None:
    """Refuse names that no file can be called after, or that others have.

    Raises:
        ValueError: one sentence with the name that was found and what would be right.
    """
    for name in names:
        if not is_name(name) or re.fullmatch(r"run\d+", name) or name in taken:
            raise ValueError(f"the name {shown(name)} should be {FORM}, and not {', '.join((*taken, 'run0, run1 …'))}")


def _refuse_repeated(path: str, value: Any) -> None:
    """Refuse a list that names one thing twice, wherever it is in a value."""
    if isinstance(value, Section):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, list):
        twice = repeated(name for name in value if isinstance(name, str))
        if twice and path.rpartition(".")[2] not in BY_RUN:
            raise ValueError(f"{path}: it names {shown(twice[0])} twice; name it once")
        value = dict(enumerate(value))
    for name, part in value.items() if isinstance(value, dict) else ():
        _refuse_repeated(f"{path}.{name}", part)
