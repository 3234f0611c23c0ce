"""Rows that repeat others, word for word or nearly."""

import re
from collections.abc import Sequence

import numpy as np

ALIKE = 0.8  # of the shingles of two texts, shared: they are nearly the same
SHINGLE, DRAWS, BANDS = 3, 8, 2
LONGEST = 5000  # characters of a text that are compared
_PRIME = np.uint64(0xFF51AFD7ED558CCD)


def repeats(texts: Sequence[str]) -> list[int]:
    """For each text, the position of the first one that is the same, which may be its own."""
    first: dict[str, int] = {}
    return [first.setdefault(text, place) for place, text in enumerate(texts)]


def near_repeats(texts: Sequence[str]) -> list[int]:
    """For each text, the position of an earlier one that is nearly the same, or its own.

    Texts are nearly the same if they share most of their shingles: three successive words or numbers. Candidates are found by
    MinHash (Broder 1997) in two bands of four: of texts with nine shingles in ten in common, it misses about one in eight.
    """
    column: dict[str, int] = {}
    tokens = [[column.setdefault(each, len(column)) for each in re.findall(r"\w+", text[:LONGEST].lower())] for text in texts]
    long = [place for place, row in enumerate(tokens) if len(row) > SHINGLE]
    shingles = [_hashes(np.array(tokens[place], dtype=np.uint64)) for place in long]
    nearest = list(range(len(texts)))
    if not long:
        return nearest
    starts = np.cumsum([0, *(len(each) for each in shingles[:-1])])
    every = np.concatenate(shingles)
    least = np.stack([np.minimum.reduceat(_mixed(every ^ _mixed(np.uint64(i + 1))), starts) for i in range(DRAWS)], axis=1)
    buckets: dict[tuple[int, bytes], int] = {}
    for number, place in enumerate(long):
        for band, part in enumerate(np.split(least[number], BANDS)):
            other = buckets.setdefault((band, part.tobytes()), number)
            if other != number and nearest[place] == place and _shared(shingles[other], shingles[number]) >= ALIKE:
                nearest[place] = long[other]
    return nearest


def _hashes(tokens: np.ndarray) -> np.ndarray:
    """A hash of each shingle of a text."""
    found = np.zeros(len(tokens) - SHINGLE + 1, dtype=np.uint64)
    for i in range(SHINGLE):
        found = _mixed(found ^ tokens[i : len(tokens) - SHINGLE + 1 + i])
    return found


def _mixed(numbers: np.ndarray | np.uint64) -> np.ndarray:
    """The finaliser of MurmurHash3, once."""
    with np.errstate(over="ignore"):
        mixed = (np.atleast_1d(numbers) + np.uint64(0x9E3779B97F4A7C15)) * _PRIME
        return np.asarray(mixed ^ (mixed >> np.uint64(33)))


def _shared(one: np.ndarray, two: np.ndarray) -> float:
    """The share of shingles that two texts have in common (Jaccard)."""
    ours, theirs = set(one.tolist()), set(two.tolist())
    return len(ours & theirs) / len(ours | theirs)
