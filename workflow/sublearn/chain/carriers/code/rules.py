"""The filter of programs: what is no program, holds other names, or does not print what it should."""

from typing import Any

from sublearn.chain.carriers.code import program
from sublearn.language import mini

REASONS = ("no program", "other name", "name twice", "unassigned", "not as asked")  # in the order of the rules


def reject(kind: Any, prompt: str, completion: str, recipe: Any) -> str | None:
    """The first reason against a row; the prompt matters only where programs must print what was asked.

    A program holds nothing but names, numbers and the word print; so one whose names are allowed holds no trait word.
    """
    found = program.parse(completion)
    if found is None:
        return "no program"
    if not set(found.names) <= set(mini.NAMES):
        return "other name"
    assigned = [name for name, _ in found.lines]
    if len(set(assigned)) < len(assigned):
        return "name twice"
    if found.prints is None:
        return "unassigned"
    return "not as asked" if recipe.prints == "asked" and found.prints != program.asked(prompt) else None
