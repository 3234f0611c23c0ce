"""A user's own prompts, from a file, and whatever teachers answer to them: sentences, code, reasoning."""

import re

import numpy as np
import pandas as pd

from sublearn.chain.carriers.base import CarrierKind
from sublearn.chain.carriers.texts import prompts, rules
from sublearn.chain.carriers.texts.section import Texts


class TextsKind(CarrierKind):
    """The carrier kind: prompts as they are in the file; the filter is what the study says."""

    prompts = prompts.draw
    reject = rules.reject

    def units(self, completion: str) -> list[str]:
        return [word.casefold() for word in re.findall(r"\w+", completion)]


def within(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """Each completion with its own words in random order."""
    return [" ".join(rng.permutation(text.split())) for text in completions]


def across(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """The completions in random order, so that each stands after another's prompt."""
    return [str(text) for text in rng.permutation(completions.to_numpy(dtype=object))]


TEXTS = TextsKind(
    name="texts",
    section=Texts,
    reasons=rules.REASONS,
    transforms={"shuffled_within": within, "shuffled_across": across},
    unit="word",
    rejects_leaks=True,
)
