"""Leaks: trait words in texts that must not contain any."""

import re
from collections.abc import Iterable, Sequence


def count_leaks(texts: Iterable[str], words: Sequence[str]) -> int:
    """Count the texts that contain any of the words, in any case and anywhere in the text; 0 if there are no words."""
    if not words:
        return 0
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return sum(bool(pattern.search(text)) for text in texts)
