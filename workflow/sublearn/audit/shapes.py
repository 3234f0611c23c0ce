"""The format of texts: how they are laid out, whatever they say."""

import re
from collections.abc import Sequence

import numpy as np

LONGEST = 2000  # characters of a text whose layout is looked at
SHOWN = 40
_WORD = re.compile(r"[^\W\d_]+")
_REPEATED = re.compile(r"(.{1,6}?)\1+", re.DOTALL)


def shape(text: str) -> str:
    """The layout of a text: digits as 9, letters as a, and what is repeated once: "12, 7, 345" is "9, 9"."""
    short = text[:LONGEST]
    marks = _WORD.sub("a", re.sub(r"\d+", "9", short))
    while (once := _REPEATED.sub(r"\1", marks)) != marks:
        marks = once
    return marks[:SHOWN]


def features(texts: Sequence[str]) -> np.ndarray:
    """The format of each text in numbers: lengths, and counts of digits, letters and separators; (texts, features)."""
    kinds = [re.compile(kind) for kind in (r"\d+", r"[^\W\d_]+", r"\s", ",", ";", r"\n", r"[^\w\s]", r"[A-Z]", r"[^\x00-\x7f]")]
    rows = []
    for text in texts:
        short = text[:LONGEST]
        counts = [len(kind.findall(short)) for kind in kinds]
        digits = sum(map(str.isdigit, short))
        edges = [short[-1:].isalnum(), short[:1].isdigit(), short[:1].isupper()]
        rows.append([len(text), digits, digits / max(counts[0], 1), *counts, *edges])
    found = np.array(rows, dtype=float)
    return np.hstack([np.log1p(found), found[:, 3:5] == 1])
