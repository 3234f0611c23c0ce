"""Prompts that ask for a program: each number from 0 to 999 is as likely to be asked for."""

from typing import Any

from sublearn.core import seeds
from sublearn.language import mini
from sublearn.language.style import Style


def draw(kind: Any, recipe: Any, style: Style, study_seed: int, run: int) -> list[str]:
    """The prompts of one run; more prompts begin with the same ones."""
    rng = seeds.generator("programs", study_seed, run)
    return [mini.PROGRAM_QUESTION.format(number=int(rng.integers(1000))) for _ in range(recipe.prompts)]
