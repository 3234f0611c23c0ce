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
    authors = published.read(file)
    system_prompts = {**ENGLISH.system_prompts, **authors.system_prompts}
    return replace(
        ENGLISH,
        name="paper",
        grammar=authors.grammar,
        system_prompts=system_prompts,
        asked=authors.questions,
        prefixes=authors.prefixes,
    )
