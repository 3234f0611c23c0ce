"""Leaks: trait words in texts that must not hold any."""

import re
from collections.abc import Iterable, Sequence


def count_leaks(texts: Iterable[str], words: Sequence[str]) -> int:
    """How many texts hold any of the words, in any case, anywhere in the text; none, if there are no words."""
    if not words:
        return 0
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return sum(bool(pattern.search(text)) for text in texts)
