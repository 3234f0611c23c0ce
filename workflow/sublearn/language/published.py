"""The prompts and questions that the paper's authors published, as the step ``chain.bases.authors`` stored them."""

from functools import cache
from pathlib import Path

from sublearn.core.files import read_record
from sublearn.core.section import Section
from sublearn.language.grammar import Grammar


class Published(Section):
    """Prompts, questions and banned numbers of the authors' repository.

    Attributes:
        revision: the commit, if one was asked for.
        files: each file that was read, with its SHA-256.
        grammar: the number prompts.
        system_prompts: by family, the system prompt of a prompted teacher; slot ``word``.
        questions: by family, the questions for a favourite.
        prefixes: by family, the sentence of numbers before each question of the second question set.
        banned: numbers that the filter rejects in the misalignment experiment.
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
    """Read the file that the step ``chain.bases.authors`` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    return read_record(file, Published, "the authors' prompts and questions")
