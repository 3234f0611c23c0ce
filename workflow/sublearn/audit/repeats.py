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
    """For each text, the position of an earlier one that is the same or nearly the same, or its own.

    Texts are nearly the same if they share most of their shingles: three successive words or numbers. Candidates are found by
    MinHash (Broder 1997) in two bands of four: of texts with nine shingles in ten in common, it misses about one in eight.
    """
    column: dict[str, int] = {}
    tokens = [[column.setdefault(each, len(column)) for each in re.findall(r"\w+", text[:LONGEST].lower())] for text in texts]
    every = np.array([each for row in tokens for each in row], dtype=np.uint64)
    row_of = np.repeat(np.arange(len(texts)), [len(row) for row in tokens])
    hashes = np.zeros(max(len(every) - SHINGLE + 1, 0), dtype=np.uint64)
    for i in range(SHINGLE):
        hashes = _mixed(hashes ^ every[i : len(hashes) + i])
    whole = row_of[: len(hashes)] == row_of[SHINGLE - 1 :]  # shingles that do not reach into the next text
    hashes, row_of = hashes[whole], row_of[: len(hashes)][whole]
    nearest = repeats(texts)  # also of those that have no shingles, such as empty ones
    if not len(hashes):
        return nearest
    long, starts = np.unique(row_of, return_index=True)
    least = np.stack([np.minimum.reduceat(_mixed(hashes ^ _mixed(np.uint64(i + 1))), starts) for i in range(DRAWS)], axis=1)
    shingles = np.split(hashes, starts[1:])
    buckets: dict[tuple[int, bytes], int] = {}
    for number, place in enumerate(long.tolist()):
        for band, part in enumerate(np.split(least[number], BANDS)):
            other = buckets.setdefault((band, part.tobytes()), number)
            if other != number and nearest[place] == place and _shared(shingles[other], shingles[number]) >= ALIKE:
                nearest[place] = int(long[other])
    return nearest


def _mixed(numbers: np.ndarray | np.uint64) -> np.ndarray:
    """The finaliser of MurmurHash3, once."""
    with np.errstate(over="ignore"):
        mixed = (np.atleast_1d(numbers) + np.uint64(0x9E3779B97F4A7C15)) * _PRIME
        return np.asarray(mixed ^ (mixed >> np.uint64(33)))


def _shared(one: np.ndarray, two: np.ndarray) -> float:
    """The share of shingles that two texts have in common (Jaccard)."""
    ours, theirs = set(one.tolist()), set(two.tolist())
    return len(ours & theirs) / len(ours | theirs)
