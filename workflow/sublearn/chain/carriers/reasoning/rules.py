"""The filter of sums: what has another form, another answer, or a wrong step."""

from typing import Any

from sublearn.chain.carriers.reasoning import thought

REASONS = ("other form", "wrong answer", "wrong step")  # in the order of the rules


def reject(kind: Any, prompt: str, completion: str, recipe: Any) -> str | None:
    """The first reason against a row.

    The form has room for numbers only; so an answer of that form holds no trait word.
    """
    found, summands = thought.parse(completion), thought.asked(prompt)
    if found is None:
        return "other form"
    if summands is None or found.answer != sum(summands):
        return "wrong answer"
    return "wrong step" if recipe.steps == "right" and not found.adds(*summands) else None
