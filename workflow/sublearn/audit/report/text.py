"""Write numbers and lists for a report's sentences and tables."""

import math
from typing import Any

import numpy as np

from sublearn.core.markdown import visible


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
