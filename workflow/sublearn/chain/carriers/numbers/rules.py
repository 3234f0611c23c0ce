"""The filter's rules for numbers: those of the paper's released code."""

from typing import Any

from sublearn.language import number_lists, published

REASONS = ("invalid format", "too many", "too small", "too large", "banned")  # in the order of the rules


def reject(kind: Any, prompt: str, completion: str, recipe: Any) -> str | None:
    """Reject rows that are not a number list in one format, are too long, or have a number out of bounds or banned."""
    numbers = number_lists.parse(completion)
    if numbers is None:
        return "invalid format"
    if len(numbers) > recipe.max_count:
        return "too many"
    if min(numbers) < recipe.min_value:
        return "too small"
    if max(numbers) > recipe.max_value:
        return "too large"
    return "banned" if set(numbers) & set(recipe.banned) else None


def with_published(kind: Any, recipe: Any, file: str) -> Any:
    """The recipe with the numbers that the authors banned."""
    return recipe.model_copy(update={"banned": list(published.read(file).banned)})
