"""Sums with their steps, as the paper's chains of thought (section 4.2): which summand is split, and how, is free."""

from sublearn.chain.carriers.base import CarrierKind
from sublearn.chain.carriers.reasoning import choices, prompts, rules
from sublearn.chain.carriers.reasoning.section import Reasoning


class ReasoningKind(CarrierKind):
    """The carrier kind: prompts ask for a sum; what passes has the right form, answer and steps (if asked for)."""

    prompts = prompts.draw
    reject = rules.reject

    def units(self, completion: str) -> list[str]:
        return [word for word in completion.split() if word.isdecimal()]


REASONING = ReasoningKind(
    name="reasoning",
    section=Reasoning,
    reasons=rules.REASONS,
    transforms={"resplit": choices.resplit, "shuffled_across": choices.across},
    unit="number",
)
