"""Show hostile text: nothing in it is invisible, turns the reading direction of its neighbours, or is too long to read."""

import math
import unicodedata
from typing import Any

import numpy as np

LONGEST = 240  # characters of a row that are shown
SIGNS = {"\n": "↵", "\t": "⇥"}
# Letters and marks by their category that show nothing: fillers, joiners, an empty Braille cell.
BLANK = frozenset(map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)))
MARKS = 2  # marks over one letter; more of them run into the lines above and below


def visible(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, cut after ``longest`` characters; what cannot be seen is written as its code: ``[U+202E]``."""
    shown, marks = [], 0
    for letter in text[:longest]:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        shown.append(SIGNS.get(letter) or (f"[U+{ord(letter):04X}]" if _unseen(letter) or marks > MARKS else letter))
    if len(text) > longest:
        shown.append(f" … ({len(text) - longest:,} more characters)")
    return "".join(shown)


def _unseen(letter: str) -> bool:
    """Whether a reader cannot see ``letter``: controls, formats, halves of pairs, unknown letters, wide spaces, selectors."""
    category = unicodedata.category(letter)
    if category[0] == "C" or (category[0] == "Z" and letter != " "):
        return True
    return letter in BLANK or "VARIATION SELECTOR" in unicodedata.name(letter, "")


def number(value: Any) -> float | None:
    """``value`` as a number, or None if it is none; NaN if it is missing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return math.nan
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    return float(value)


def cell(value: Any) -> str:
    """One value of a table, as shown: numbers with three digits, whole numbers as they are."""
    value_as_number = number(value)
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if value_as_number is None:
        return visible(str(value))
    if isinstance(value, (int, np.integer)) and abs(value_as_number) < 1e15:
        return f"{value:,}".replace("-", "−")
    return written(value_as_number)


def written(value: float) -> str:
    """A number with three digits and a true minus sign; nothing if it is missing."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    digits = f"{value:#.3g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
    return digits.removesuffix(".").replace("-", "−")


def rounded(value: float, digits: int | None = None) -> str:
    """A number for a sentence: three digits, or so many after the point; no zeros at its end if ``digits`` is None."""
    return (f"{value:.3g}" if digits is None else f"{value:.{digits}f}").replace("-", "−")


def p_value(p: float) -> str:
    return "p < 0.001" if p < 1e-3 else f"p = {p:.3f}"


def share(rate: float) -> str:
    """A rate as a percentage; small ones are never rounded to nothing, and large ones never to all."""
    if rate in (0, 1):
        return "none" if rate == 0 else "all"
    if 0 < rate < 0.01:
        return "less than 1 %"
    return f"{100 * rate:.0f} %" if rate <= 0.99 else "more than 99 %"


def listed(names: list[str], last: str = "and") -> str:
    """Names as words: ``surface, model and behaviour``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}" if names else "none"
