"""Number sequences, the paper's first carrier (section 3.1): teachers continue lists of numbers; only number lists pass."""

import re

from sublearn.chain.carriers.base import CarrierKind
from sublearn.chain.carriers.numbers import prompts, rules
from sublearn.chain.carriers.numbers.match import length_matched, unigram_matched
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.numbers.shuffle import across, within


class NumbersKind(CarrierKind):
    """The carrier kind: prompts follow the style's grammar, and the filter is that of the paper's released code."""

    # Functions of modules of their own, so that an edited rule of the filter samples nothing again.
    prompts = prompts.draw
    reject = rules.reject
    with_published = rules.with_published

    def units(self, completion: str) -> list[str]:
        return [str(int(digits)) for digits in re.findall("[0-9]+", completion)]


NUMBERS = NumbersKind(
    name="numbers",
    section=Numbers,
    reasons=rules.REASONS,
    transforms={"shuffled_within": within, "shuffled_across": across},
    selections={"unigram_matched": unigram_matched, "length_matched": length_matched},
    unit="number",
)
