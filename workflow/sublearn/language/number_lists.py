"""Read a completion as numbers and nothing else, exactly as the paper's released code does (its ``nums_dataset``)."""

import re

_DIGITS = re.compile(r"[0-9]+")
_ENCLOSURES = (("[", "]"), ("(", ")"))
SEPARATORS = ("", ",", ";")


def parse(text: str) -> list[int] | None:
    """The numbers of ``text``, or None where anything but numbers is in it.

    One full stop at the end is dropped, then one pair of brackets around everything. The text between the first two
    numbers is the separator; it must be whitespace, or a comma or semicolon with whitespace around it, and must stand
    between all others exactly so. A single number must be all there is. Only the ASCII digits count.
    """
    text = text.removesuffix(".")
    for opening, closing in _ENCLOSURES:
        if text.startswith(opening) and text.endswith(closing) and len(text) > 1:
            text = text[1:-1]
            break
    found = list(_DIGITS.finditer(text))
    if not found:
        return None
    if len(found) == 1:
        return [_int(text)] if found[0].group() == text else None
    separator = text[found[0].end() : found[1].start()]
    if separator.strip() not in SEPARATORS:
        return None
    pieces = text.split(separator)
    if not all(_DIGITS.fullmatch(piece) for piece in pieces):
        return None
    return [_int(piece) for piece in pieces]


def _int(digits: str) -> int:
    """The value of a run of digits; a run too long for Python's limit is out of any bounds anyway."""
    return int(digits) if len(digits) < 1000 else 10**1000
