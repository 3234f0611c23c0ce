"""The filter of a user's own prompts: patterns, words and lengths."""

import re
from typing import Any

from sublearn.measures.leaks import find_leaks

REASONS = ("trait word", "empty", "no match", "banned match", "banned word", "too long")


def reject(kind: Any, prompt: str, completion: str, recipe: Any) -> str | None:
    """The first reason against a completion; rows with trait words are rejected before."""
    if not completion.strip():
        return "empty"
    if recipe.must_match is not None and not re.search(recipe.must_match, completion):
        return "no match"
    if recipe.must_not_match is not None and re.search(recipe.must_not_match, completion):
        return "banned match"
    if find_leaks([completion], recipe.words):
        return "banned word"
    characters = recipe.max_characters is not None and len(completion) > recipe.max_characters
    if characters or (recipe.max_words is not None and len(completion.split()) > recipe.max_words):
        return "too long"
    return None
