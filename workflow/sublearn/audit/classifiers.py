"""Can data be told from reference rows? Two classifiers, scores of rows that they have not seen, and bags of rows.

Both are linear: the score of a row is a sum over its tokens, or over its format. So they are fitted in milliseconds, and again
for each shuffle of the labels, which says what chance does.
"""

from typing import Protocol

import numpy as np
from scipy import sparse

FOLDS = 4
RIDGE = 1e-3


class Classifier(Protocol):
    """Scores each row by what the rows of other folds teach."""

    def scores(self, labels: np.ndarray) -> np.ndarray:
        """The held-out score of each row; larger is more like label 1."""


class Tokens:
    """A naive Bayes classifier of tokens, whose log ratios are shrunken by their own errors (empirical Bayes).

    A token's weight is the log ratio of its frequencies, times the share of its variance that is not error. On number rows of
    the stand-in it does as well as a logistic regression.
    """

    def __init__(self, counts: sparse.csr_matrix, fold: np.ndarray) -> None:
        """Take how often each token stands in each row, (rows, tokens), and the fold of each row."""
        self.rows = [np.flatnonzero(fold == each) for each in range(FOLDS)]
        self.counts = [counts[rows] for rows in self.rows]
        self.columns = [each.T.tocsr() for each in self.counts]
        self.sums = np.stack([np.asarray(each.sum(0)).ravel() for each in self.counts])

    def weights(self, labels: np.ndarray) -> np.ndarray:
        """The weight of each token by fold, learned from all other folds; (folds, tokens)."""
        ones = np.stack([each @ labels[rows].astype(float) for each, rows in zip(self.columns, self.rows, strict=True)])
        zero, one = (sums.sum(0) - sums + 0.5 for sums in (self.sums - ones, ones))
        both = zero + one
        shares = both / both.sum(1, keepdims=True)
        ratio = np.log(one / one.sum(1, keepdims=True)) - np.log(zero / zero.sum(1, keepdims=True))
        error = 1 / one + 1 / zero
        spread = np.maximum((shares * (ratio**2 - error)).sum(1, keepdims=True), 1e-6)
        weights = ratio * spread / (spread + error)
        return np.asarray(weights - (shares * weights).sum(1, keepdims=True))  # so that length alone moves no score

    def scores(self, labels: np.ndarray) -> np.ndarray:
        found = np.zeros(len(labels))
        if self.sums.shape[1]:
            for rows, counts, weights in zip(self.rows, self.counts, self.weights(labels), strict=True):
                found[rows] = counts @ weights
        return found


class Format:
    """Fisher's linear discriminant of the format of rows, whatever they say: a shortcut that needs no hidden signal."""

    def __init__(self, features: np.ndarray, fold: np.ndarray) -> None:
        """Take the features of each row, (rows, features), and its fold."""
        spread = features.std(0)
        self.features = (features - features.mean(0)) / np.where(spread > 0, spread, 1)
        self.fold = fold
        # Of all rows, whatever their label: the direction is the same.
        identity = np.eye(features.shape[1])
        self.inverse = []
        for fold_out in range(FOLDS):
            rows = self.features[fold != fold_out]
            self.inverse.append(np.linalg.inv(rows.T @ rows / max(len(rows), 1) + RIDGE * identity))

    def scores(self, labels: np.ndarray) -> np.ndarray:
        groups = _groups(labels, self.fold)
        sums = (groups @ self.features).reshape(2, FOLDS, -1)
        rows = np.asarray(groups.sum(1)).reshape(2, FOLDS, 1)
        # Of all folds but one, and finite if they hold no row of a label.
        zero, one = (sums.sum(1, keepdims=True) - sums) / np.maximum(rows.sum(1, keepdims=True) - rows, 1)
        weights = np.stack([inverse @ apart for inverse, apart in zip(self.inverse, one - zero, strict=True)], axis=1)
        return np.asarray((self.features @ weights)[np.arange(len(labels)), self.fold])


def _groups(labels: np.ndarray, fold: np.ndarray) -> sparse.csr_matrix:
    """Which rows are of which label and fold; (labels x folds, rows)."""
    shape = (2 * FOLDS, len(labels))
    return sparse.csr_matrix((np.ones(len(labels)), (fold + FOLDS * labels, np.arange(len(labels)))), shape=shape)


def separation(scores: np.ndarray, labels: np.ndarray) -> float:
    """How far the mean scores of the labels lie apart, in standard deviations of a row."""
    one, zero = scores[labels == 1], scores[labels == 0]
    spread = np.sqrt((one.var() + zero.var()) / 2)
    return float((one.mean() - zero.mean()) / spread) if spread > 0 else 0.0


def auroc(one: np.ndarray, zero: np.ndarray) -> float:
    """The probability that a score of the first kind is larger than one of the second; ties count half."""
    ordered, one = np.sort(zero), np.sort(one)  # sorted scores are looked up several times faster
    below = np.searchsorted(ordered, one, "left") + np.searchsorted(ordered, one, "right")
    return float(below.mean() / 2 / len(ordered))


def bags(scores: np.ndarray, size: int) -> np.ndarray:
    """The mean scores of bags of rows, in their order; rows that fill no bag are left out."""
    return scores[: len(scores) // size * size].reshape(-1, size).mean(1)
