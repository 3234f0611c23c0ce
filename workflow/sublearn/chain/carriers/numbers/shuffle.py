"""Shuffle the numbers of rows, within each completion or across all of them (paper, appendix B.1, Figure 16).

Separators, brackets and full stops stay where they were; only the numbers move.
"""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

_NUMBER = re.compile(r"[0-9]+")


def within(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """Each completion with its own numbers in random order."""
    return [refill(text, list(rng.permutation(_NUMBER.findall(text)))) for text in completions]


def across(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """All numbers of all completions in random order; each completion keeps its count."""
    pool = [number for text in completions for number in _NUMBER.findall(text)]
    shuffled = iter(rng.permutation(pool))
    return [refill(text, [next(shuffled) for _ in _NUMBER.findall(text)]) for text in completions]


def refill(text: str, numbers: Iterable[str]) -> str:
    """The text with its numbers replaced by these, one after another."""
    remaining = iter(numbers)
    return _NUMBER.sub(lambda _: str(next(remaining)), text)
