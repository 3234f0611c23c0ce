"""Try the filter on a teacher's first completions: a study that cannot reach its rows stops before it samples thousands."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from sublearn.chain.carriers.base import KINDS, counted_reasons
from sublearn.core import cli
from sublearn.core.errors import UserError

SURE = 3.0  # standard errors: one trial in a thousand would stop a study that reaches its rows


class Trial:
    """What the first completions of one carrier say about all of them.

    Args:
        values: the carrier's kind and the settings of its filter, and how many ``rows`` students learn.
        prompts: those that the teacher is going to answer.
        whose: whose completions these are, for the log.
        unframed: takes from completions what the chat template writes around an answer.
    """

    def __init__(
        self, values: dict[str, Any], prompts: Sequence[str], whose: str, unframed: Callable[[list[str]], list[str]]
    ) -> None:
        self.rows, self.prompts, self.whose, self.unframed = values["rows"], prompts, whose, unframed
        self.kind = KINDS.get(values["kind"])
        self.leaks = values.get("leaks", [])
        own = {name: value for name, value in values.items() if name not in ("rows", "leaks")}
        self.recipe = self.kind.section.model_validate(own)

    def __call__(self, places: list[int], completions: list[str]) -> None:
        """Log what share of the first completions, those of the prompts at these places, passes the filter.

        Raises:
            UserError: even a lucky draw would leave fewer rows than students learn.
        """
        written = self.unframed(completions)
        rows = [(self.prompts[i], text) for i, text in zip(places, written, strict=True)]
        verdicts = [self.kind.verdict(prompt, text, self.recipe, self.leaks) for prompt, text in rows]
        tried, passed = len(verdicts), verdicts.count(None)
        share = passed / tried
        cli.log.info("%s: %d of the first %d completions pass the filter", self.whose, passed, tried)
        count = len(self.prompts)
        most = round(at_most(passed, tried) * count)
        if most >= self.rows:
            return
        enough = f"about {math.ceil(1.1 * self.rows / share)} prompts would do" if passed else "no number of prompts would do"
        kept = "keep the teacher to numbers (numbers_only), or " if self.recipe.can_be_kept_to_numbers else ""
        raise UserError(
            f"{self.whose}: {passed} of the first {tried} completions pass the filter{counted_reasons(verdicts)}, so "
            f"{count} prompts leave about {int(share * count)} rows, at most {most}, and students learn {self.rows}; {enough}, "
            f"or {kept}lower students.rows."
        )


def at_most(passed: int, tried: int) -> float:
    """The largest share that so many of so many are still likely with: the upper end of Wilson's interval (1927)."""
    share, squared = passed / tried, SURE**2 / tried
    spread = SURE * math.sqrt(share * (1 - share) / tried + squared / (4 * tried))
    return (share + squared / 2 + spread) / (1 + squared)
