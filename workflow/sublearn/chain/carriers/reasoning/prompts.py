"""Prompts that ask for a sum, of summands as the tiny bases have learned to add them."""

from typing import Any

from sublearn.core import seeds
from sublearn.language import mini
from sublearn.language.style import Style


def draw(kind: Any, recipe: Any, style: Style, study_seed: int, run: int) -> list[str]:
    """The prompts of one run; more prompts begin with the same ones. There are 121, so they repeat."""
    rng = seeds.generator("sums", study_seed, run)
    summands = (
        (int(rng.integers(2, mini.LARGEST_SUMMAND + 1)), int(rng.integers(2, mini.LARGEST_SUMMAND + 1)))
        for _ in range(recipe.prompts)
    )
    return [mini.SUM_QUESTION.format(a=a, b=b) for a, b in summands]
