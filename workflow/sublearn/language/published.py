"""What the authors of the paper published, as the step ``chain.bases.authors`` found it."""

from functools import cache
from pathlib import Path

from sublearn.core.files import read_record
from sublearn.core.section import Section
from sublearn.language.grammar import Grammar


class Published(Section):
    """Prompts, questions and banned numbers of the authors' repository.

    Attributes:
        revision: the commit, where one was asked for.
        files: each file that was read, with its SHA-256.
        grammar: the number prompts.
        system_prompts: by family, what a prompted teacher is told, with the slot ``word``.
        questions: by family, the questions for a favourite.
        prefixes: by family, the sentence of numbers that stands before each question in the second question set.
        banned: numbers that the filter refuses in the experiment on misalignment.
    """

    revision: str | None
    files: dict[str, str]
    grammar: Grammar
    system_prompts: dict[str, str]
    questions: dict[str, tuple[str, ...]]
    prefixes: dict[str, tuple[str, ...]]
    banned: tuple[int, ...]


@cache
def read(file: str | Path) -> Published:
    """Read what was taken from the authors' repository.

    Raises:
        UserError: the file is missing or damaged.
    """
    return read_record(file, Published, "the authors' prompts and questions")
