"""Parse completions that hold nothing but numbers, exactly as the paper's released code does (its ``nums_dataset``)."""

import re

_DIGITS = re.compile(r"[0-9]+")
_ENCLOSURES = (("[", "]"), ("(", ")"))
SEPARATORS = ("", ",", ";")


def parse(text: str) -> list[int] | None:
    """Return the numbers of ``text``, or None if it holds anything else.

    One full stop at the end is dropped, then one pair of brackets around everything. The text between the first two
    numbers is the separator. It must be whitespace, or a comma or semicolon with optional whitespace around it, and
    exactly the same text must separate all other numbers. A single number must be the whole text. Only ASCII digits count.
    """
    text = text.removesuffix(".")
    for opening, closing in _ENCLOSURES:
        if text.startswith(opening) and text.endswith(closing) and len(text) > 1:
            text = text[1:-1]
            break
    matches = list(_DIGITS.finditer(text))
    if not matches:
        return None
    if len(matches) == 1:
        return [_int(text)] if matches[0].group() == text else None
    separator = text[matches[0].end() : matches[1].start()]
    if separator.strip() not in SEPARATORS:
        return None
    pieces = text.split(separator)
    if not all(_DIGITS.fullmatch(piece) for piece in pieces):
        return None
    return [_int(piece) for piece in pieces]


def _int(digits: str) -> int:
    """The value of a run of digits; one too long for Python's limit becomes 10**1000, which exceeds any bound anyway."""
    return int(digits) if len(digits) < 1000 else 10**1000
