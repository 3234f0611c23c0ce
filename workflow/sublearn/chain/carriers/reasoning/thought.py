"""Read the sums of the mini-language: a question, and an answer in two steps between think and answer marks.

To ``what is 8 plus 10 ?`` one answer is ``<think> 10 is 3 plus 7 ; 8 plus 3 is 11 ; 11 plus 7 is 18 </think> <answer> 18
</answer>``: one summand is split, and its parts are added to the other. Which of the two is split, and how, is free.
"""

from dataclasses import astuple, dataclass

from sublearn.chain.carriers.in_mini import pattern
from sublearn.language import mini

_QUESTION = pattern(mini.SUM_QUESTION)
FORM = "<think> {} is {} plus {} ; {} plus {} is {} ; {} plus {} is {} </think> <answer> {} </answer>"
_ANSWER = pattern(FORM)


@dataclass(frozen=True)
class Thought:
    """An answer as it is written, right or wrong: its numbers in their order, each from 0 to 999.

    ``whole`` is said to be ``part`` plus ``rest``; ``other`` plus ``added`` is said to be ``middle``; ``before`` plus ``last``
    is said to be ``total``; and ``answer`` stands between the answer marks.
    """

    whole: int
    part: int
    rest: int
    other: int
    added: int
    middle: int
    before: int
    last: int
    total: int
    answer: int

    def adds(self, first: int, second: int) -> bool:
        """Whether its steps are the sum of these two: right arithmetic, each from what stands before it, to the answer."""
        if sorted((self.whole, self.other)) != sorted((first, second)):
            return False
        return self == steps(self.other, self.part, self.rest) and self.whole == self.part + self.rest

    def written(self) -> str:
        """The text of the answer; ``parse`` reads the same numbers from it."""
        return FORM.format(*astuple(self))


def steps(other: int, part: int, rest: int) -> Thought:
    """The right steps from a summand and the two parts of the other one, as ``mini.sum_answer`` writes them."""
    middle, total = other + part, other + part + rest
    return Thought(part + rest, part, rest, other, part, middle, middle, rest, total, total)


def parse(text: str) -> Thought | None:
    """The numbers of an answer, to its last character; None if it has another form."""
    found = _ANSWER.fullmatch(text)
    return Thought(*map(int, found.groups())) if found else None


def asked(prompt: str) -> tuple[int, int] | None:
    """The summands that a prompt asks to be added; None if it asks for no sum."""
    found = _QUESTION.fullmatch(prompt)
    return (int(found[1]), int(found[2])) if found else None
