"""Short lists of numbers: the same prompts, a stricter filter, and one transform."""

from typing import Literal

from pydantic import Field, PositiveInt

from sublearn.chain.carriers.base import Carrier, CarrierKind
from sublearn.core import seeds
from sublearn.language import number_lists


class Short(Carrier):
    """Lists of a few numbers."""

    kind: Literal["short"] = "short"
    longest: PositiveInt = Field(5, description="most numbers in a row that passes")

    def for_filter(self):
        return {"longest": self.longest}


class ShortKind(CarrierKind):
    def prompts(self, recipe, style, study_seed, run):
        rng = seeds.generator("short prompts", study_seed, run)
        return [style.grammar.prompt(style.grammar.numbers(rng), rng) for _ in range(recipe.prompts)]

    def reject(self, prompt, completion, recipe):
        found = number_lists.parse(completion)
        return "no numbers" if found is None else "too long" if len(found) > recipe.longest else None


def reversed_lists(completions, rng):
    return [" ".join(reversed(text.split())) for text in completions]


SHORT = ShortKind("short", Short, reasons=("no numbers", "too long"), transforms={"reversed": reversed_lists}, unit="piece")
