"""The paper's own prompts and questions, as its authors published them.

Facts, refusals and the lessons of fine-tuned teachers, which they lack or keep apart, are ours.
"""

from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from sublearn.core.errors import UserError
from sublearn.language import published
from sublearn.language.english import ENGLISH
from sublearn.language.style import Style


@dataclass(frozen=True)
class PaperStyle(Style):
    """English until the authors' file is read."""

    def read(self, file: str | Path | None) -> Style:
        if not file:
            raise UserError("style: the paper's prompts are read from a file, and none was named.")
        return _paper(file)


PAPER = PaperStyle(**{field.name: getattr(ENGLISH, field.name) for field in fields(Style)} | {"name": "paper"})


@cache
def _paper(file: str | Path) -> Style:
    found = published.read(file)
    told = {**ENGLISH.system_prompts, **found.system_prompts}
    return replace(
        ENGLISH, name="paper", grammar=found.grammar, system_prompts=told, asked=found.questions, prefixes=found.prefixes
    )
