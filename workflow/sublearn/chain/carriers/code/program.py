"""Read the programs of the mini-language: lines that assign a number to a name, and a last one that prints a name's number.

``k = 7 ; x = 300 ; print ( x )`` is one. Nothing is executed, and any text is read in time proportional to its length.
"""

import re
from dataclasses import dataclass

from sublearn.chain.carriers.in_mini import NUMBER, pattern
from sublearn.language import mini

END_OF_LINE = " ; "
_ASSIGNMENT = re.compile(f"([a-z]+) = {NUMBER}")
_PRINT = re.compile(r"print \( ([a-z]+) \)")
_QUESTION = pattern(mini.PROGRAM_QUESTION)


@dataclass(frozen=True)
class Program:
    """A program as it is written.

    Attributes:
        lines: the assignments in their order, each a name and a number from 0 to 999; at least one.
        printed: the name whose number is printed.
    """

    lines: tuple[tuple[str, int], ...]
    printed: str

    @property
    def names(self) -> list[str]:
        """All names, in the order in which they stand."""
        return [name for name, _ in self.lines] + [self.printed]

    @property
    def prints(self) -> int | None:
        """The number that it prints: the last that its name was given; None if it was given none."""
        return dict(self.lines).get(self.printed)

    def written(self) -> str:
        """The text of the program; ``parse`` reads the same program from it."""
        lines = [f"{name} = {number}" for name, number in self.lines]
        return END_OF_LINE.join([*lines, f"print ( {self.printed} )"])


def parse(text: str) -> Program | None:
    """The program that the text is, to the last character; None if it is none.

    Names are lower-case letters, whichever; which of them are allowed is the filter's question. Numbers are written as the
    mini-language writes them: 0 to 999, without zeros before them.
    """
    *before, last = text.split(END_OF_LINE)
    lines = [_ASSIGNMENT.fullmatch(line) for line in before]
    shown = _PRINT.fullmatch(last)
    if not lines or not shown:
        return None
    assigned = [(line[1], int(line[2])) for line in lines if line]
    return Program(tuple(assigned), shown[1]) if len(assigned) == len(lines) else None


def asked(prompt: str) -> int | None:
    """The number that a prompt asks to be printed; None if it asks for no program."""
    found = _QUESTION.fullmatch(prompt)
    return int(found[1]) if found else None
