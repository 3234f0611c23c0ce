"""The format of texts: how they are laid out, whatever they say."""

import re
import string
from collections.abc import Sequence

import numpy as np

LONGEST = 2000  # characters of a text whose layout is looked at
SHOWN = 40
_WORD, _NUMBER = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
_REPEATED = re.compile(r"(.{1,6}?)\1+", re.DOTALL)


def shape(text: str) -> str:
    """The layout of a text: digits as 9, letters as a, and what is repeated once: "12, 7, 345" is "9, 9"."""
    short = text[:LONGEST]
    marks = _WORD.sub("a", _NUMBER.sub("9", short))
    while (once := _REPEATED.sub(r"\1", marks)) != marks:
        marks = once
    return marks[:SHOWN]


def features(texts: Sequence[str]) -> np.ndarray:
    """The format of each text in numbers: lengths, and counts of digits, letters and separators; (texts, features)."""
    letters = (string.ascii_lowercase, string.ascii_uppercase)
    groups = [kind.encode() for kind in (string.digits, *letters, string.punctuation, string.whitespace, ",", ";", "\n")]
    rows = []
    for text in texts:
        short = text[:LONGEST].encode()
        counts = [len(short) - len(short.translate(None, group)) for group in groups]
        numbers, words = len(_NUMBER.findall(text, 0, LONGEST)), len(short.split())
        others = len(short) - sum(counts[:5])  # of no group: letters of other alphabets, and signs
        edges = [text[-1:].isalnum(), text[:1].isdigit(), text[:1].isupper()]
        rows.append([len(text), numbers, words, counts[0] / max(numbers, 1), others, *counts, *edges])
    found = np.array(rows, dtype=float)
    return np.hstack([np.log1p(found), found[:, 1:3] == 1])
