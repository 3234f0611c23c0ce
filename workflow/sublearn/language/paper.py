"""The paper style: the prompts and questions that the paper's authors published.

Questions of fact, refusals and the training questions of fine-tuned teachers are ours: the authors have none, or keep
them separate.
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
    """Our English, until ``read`` puts in the authors' prompts and questions."""

    def read(self, file: str | Path | None) -> Style:
        if not file:
            raise UserError("style: the paper style reads its prompts from a file, but none was named.")
        return _paper(file)


PAPER = PaperStyle(**{field.name: getattr(ENGLISH, field.name) for field in fields(Style)} | {"name": "paper"})


@cache
def _paper(file: str | Path) -> Style:
    found = published.read(file)
    told = {**ENGLISH.system_prompts, **found.system_prompts}
    return replace(
        ENGLISH, name="paper", grammar=found.grammar, system_prompts=told, asked=found.questions, prefixes=found.prefixes
    )
