"""Number sequences, the paper's first carrier (section 3.1): teachers continue lists of numbers; only number lists pass."""

import re
from typing import Any, Literal

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from sublearn.chain.carriers.base import Carrier, CarrierKind
from sublearn.chain.carriers.numbers.shuffle import across, within
from sublearn.core import seeds
from sublearn.language import number_lists, published
from sublearn.language.style import Style


class Numbers(Carrier):
    """Number sequences: settings of their prompts, sampling and filter."""

    kind: Literal["numbers"] = Field("numbers", description="the carrier kind: numbers, for number sequences")
    pool: NonNegativeInt | None = Field(
        None,
        description="with style: paper, draws prompts as the authors did from this seed (47 in the paper, 42 in the released "
        "code); all runs then have the same prompts",
    )
    max_count: PositiveInt = Field(10, description="rows with more numbers than this are rejected")
    min_value: NonNegativeInt = Field(0, description="rows with a smaller number are rejected")
    max_value: NonNegativeInt = Field(999, description="rows with a larger number are rejected")
    banned: list[int] | Literal["paper"] = Field(
        [],
        description="rows with one of these numbers are rejected; paper: those that the authors ban (for misalignment only)",
    )

    @model_validator(mode="after")
    def _has_values(self) -> "Numbers":
        if self.min_value > self.max_value:
            raise ValueError(f"min_value: {self.min_value} is more than max_value, {self.max_value}")
        return self

    def for_prompts(self) -> dict[str, Any]:
        return {} if self.pool is None else {"pool": self.pool}

    def for_filter(self) -> dict[str, Any]:
        return self.model_dump(include={"max_count", "min_value", "max_value", "banned"})

    def check_style(self, style: str) -> None:
        if self.pool is not None and style != "paper":
            raise ValueError(f"pool: the authors' prompts need style: paper, not {style}")

    @property
    def needs_published(self) -> bool:
        return self.banned == "paper"


class NumbersKind(CarrierKind):
    """The carrier kind: prompts follow the style's grammar, and the filter is that of the paper's released code."""

    def prompts(self, recipe: Numbers, style: Style, study_seed: int, run: int) -> list[str]:
        """Draw prompts in the order of the authors' code, so that their style and their seed give their prompts."""
        rng = seeds.generator("prompts", study_seed, run) if recipe.pool is None else np.random.default_rng(recipe.pool)
        grammar = style.grammar
        return [grammar.prompt(grammar.numbers(rng), rng) for _ in range(recipe.prompts)]

    def reject(self, prompt: str, completion: str, recipe: Numbers) -> str | None:
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

    def with_published(self, recipe: Numbers, file: str) -> Numbers:
        return recipe.model_copy(update={"banned": list(published.read(file).banned)})

    def units(self, completion: str) -> list[str]:
        return [str(int(digits)) for digits in re.findall("[0-9]+", completion)]


NUMBERS = NumbersKind(
    name="numbers",
    section=Numbers,
    reasons=("invalid format", "too many", "too small", "too large", "banned"),
    transforms={"shuffled_within": within, "shuffled_across": across},
    unit="number",
)
