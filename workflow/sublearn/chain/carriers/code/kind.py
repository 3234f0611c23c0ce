"""Programs of the mini-language, as the paper's code (section 4.1): names, numbers and the order of lines are free."""

from sublearn.chain.carriers.base import CarrierKind
from sublearn.chain.carriers.code import prompts, rules, shuffle
from sublearn.chain.carriers.code.program import parse
from sublearn.chain.carriers.code.section import Code


class CodeKind(CarrierKind):
    """The carrier kind: prompts ask for a number to be printed; what passes is a program of allowed names."""

    prompts = prompts.draw
    reject = rules.reject

    def units(self, completion: str) -> list[str]:
        found = parse(completion)
        return [str(number) for _, number in found.lines] if found else []


CODE = CodeKind(
    name="code",
    section=Code,
    reasons=rules.REASONS,
    transforms={
        "shuffled_within": shuffle.lines, "shuffled_across": shuffle.free, "all_shuffled_across": shuffle.all_numbers,
    },
    unit="number",
)  # fmt: skip
