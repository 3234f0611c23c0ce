"""What carriers have in common whose prompts and filter are of the mini-language of the tiny bases."""

import re
from typing import Any, ClassVar

from pydantic import model_validator

from sublearn.chain.carriers.base import Carrier
from sublearn.language.style import MINI_NAME

NUMBER = "(0|[1-9][0-9]{0,2})"  # as the mini-language writes them: 0 to 999, without zeros before them
FOR_OTHERS = "for real models, or for prompts of your own, use kind: texts with a file of prompts"


def pattern(sentence: str) -> re.Pattern[str]:
    """A sentence of the mini-language in which each slot, in braces, is any number from 0 to 999."""
    return re.compile(NUMBER.join(map(re.escape, re.split(r"\{\w*\}", sentence))))


class InMini(Carrier):
    """A carrier that draws its prompts from the mini-language, and judges answers in no other."""

    elsewhere: ClassVar = dict.fromkeys(("file", "sha256", "key"), f"prompts are drawn here; {FOR_OTHERS}")

    @model_validator(mode="after")
    def _is_not_kept_to_numbers(self) -> "InMini":
        if self.numbers_only is not None:
            raise ValueError(
                f"numbers_only: {self.numbers_only}, but the filter of {self.kind} passes no list of numbers; leave it out"
            )
        return self

    def for_prompts(self) -> dict[str, Any]:
        return {}

    def check_style(self, style: str) -> None:
        if style != MINI_NAME:
            raise ValueError(f"kind: {self.kind} asks in the mini-language, and the study's style is {style}; {FOR_OTHERS}")
