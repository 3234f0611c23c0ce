"""The counting account: what a student's answers would be if all that it learned were how often each number is written.

A language model scores its next token by the product of a hidden state with that token's embedding. So if a teacher's trait is
one shift d of the hidden state, the logarithm of how much oftener it writes number n is the embedding of n times d, up to a
constant. Numbers then give d away, by linear regression, and d gives the shift of every other word. No network is asked, and
none is trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sublearn.measures.transfer import MIN_TRAITS, gamma
from sublearn.traits.base import family_of

RIDGE = 1.0
PERMUTATIONS = 20


@dataclass(frozen=True)
class Ratios:
    """How much oftener a teacher writes each number than the neutral teacher.

    Attributes:
        values: logarithms of the ratio of the two frequencies, in nats, shape (numbers,).
        weights: inverses of their sampling variances, with mean 1, shape (numbers,).
    """

    values: np.ndarray
    weights: np.ndarray


def ratios(own: np.ndarray, neutral: np.ndarray) -> Ratios:
    """Compare counts of the same numbers in two sets of rows, each of shape (numbers,); one half is added to every count."""
    own, neutral = own + 0.5, neutral + 0.5
    weights = 1 / (1 / own + 1 / neutral)
    return Ratios(np.log(own / own.sum()) - np.log(neutral / neutral.sum()), weights / weights.mean())


def shift(embeddings: np.ndarray, found: Ratios) -> np.ndarray:
    """The hidden state's shift that explains the ratios best: weighted ridge regression on embeddings, shape (width,).

    Args:
        embeddings: those of the numbers, shape (numbers, width); their weighted mean is subtracted, which is the constant.
    """
    centred = embeddings - np.average(embeddings, axis=0, weights=found.weights)
    values = found.values - np.average(found.values, weights=found.weights)
    weighted = centred * found.weights[:, None]
    return np.linalg.solve(weighted.T @ centred + RIDGE * np.eye(embeddings.shape[1]), weighted.T @ values)


def predicted(embeddings: np.ndarray, words: np.ndarray, found: Ratios) -> np.ndarray:
    """The shift of each word's logit beyond the numbers' mean, in nats, shape (words,).

    Args:
        words: the embeddings of the words, shape (words, width).
    """
    return (words - embeddings.mean(axis=0)) @ shift(embeddings, found)


def by_chance(embeddings: np.ndarray, words: np.ndarray, found: Ratios, rng: np.random.Generator) -> np.ndarray:
    """The same from numbers whose embeddings are dealt out anew, shape (permutations, words)."""
    return np.array([predicted(rng.permutation(embeddings), words, found) for _ in range(PERMUTATIONS)])


def counted(rows: Sequence[Sequence[str]], units: Sequence[str]) -> np.ndarray:
    """How often each unit is in the rows, shape (units,); others are left out."""
    place = {unit: i for i, unit in enumerate(units)}
    found = [place[unit] for row in rows for unit in row if unit in place]
    return np.bincount(found, minlength=len(units)).astype(float)


def of_own_family(finding: pd.DataFrame) -> pd.DataFrame:
    """The rows of targets that the same questions ask for as the student's own trait."""
    return finding[finding["target"].map(family_of) == finding["family"]]


def gammas(part: pd.DataFrame) -> pd.DataFrame:
    """Gamma of the predicted and of the measured matrix of each run, of the students of one arm and family.

    Returns:
        Columns ``predicted`` and ``measured``, with index (unit, run); empty if there are fewer than three traits.
    """
    traits = list(dict.fromkeys(part["trait"]))
    rows = []
    for (unit, run), one in part.groupby(["unit", "run"], sort=False):
        if len(traits) >= MIN_TRAITS:
            matrices = [one.pivot(index="trait", columns="target", values=name) for name in ("predicted", "measured")]
            rows.append((unit, run, *(float(gamma(matrix.loc[traits, traits].to_numpy())) for matrix in matrices)))
    return pd.DataFrame(rows, columns=["unit", "run", "predicted", "measured"]).set_index(["unit", "run"])
