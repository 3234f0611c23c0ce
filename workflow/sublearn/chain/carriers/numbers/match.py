"""Choose rows of numbers that are like the neutral teacher's: each number as frequent, or as many numbers per completion.

Students of rows with matched frequencies cannot learn a trait by counting numbers; what they still take on is in which numbers
stand together, and in what order. So this is the complement of ``shuffled_across``, which leaves frequencies and the form of
rows. The reference is what the control student learns: the neutral teacher's first rows, as many as students learn.
"""

import re
from collections import Counter

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.sparse import csr_array, hstack
from scipy.special import expit

from sublearn.chain.carriers.base import Selected
from sublearn.core.errors import UserError

_NUMBER = re.compile(r"[0-9]+")
MOST = 0.75  # how far the chosen rows may be from the reference, as a multiple of the distance of two halves of neutral rows
RIDGE = 0.1  # on the logarithm of what a number does to the odds of its row: keeps rare numbers from deciding alone
HALVINGS = 10


def unigram_matched(completions: pd.Series, reference: pd.Series, rows: int, rng: np.random.Generator) -> Selected:
    """Choose rows in which each number is as frequent as in the reference, as nearly as these completions allow.

    A row's odds of being chosen are log-linear in its numbers, fitted so that frequencies are expected to agree (raking, or
    exponential tilting). Rows are drawn with these odds, and then exchanged for others as long as that brings the frequencies
    nearer. Distances are total variations: half the sum of absolute differences of frequencies, from 0 to 1.

    Raises:
        UserError: there are too few rows, or those chosen are not near enough.
    """
    _refuse_too_few(completions, reference, rows)
    numbers = sorted({number for texts in (completions, reference) for text in texts for number in _numbers(text)})
    counts, neutral = _counts(completions, numbers), _counts(reference, numbers)
    wanted = _frequencies(neutral[:rows])
    weights, odds = _raked(counts, wanted, rows)
    chosen = _exchanged(counts, wanted, weights, _drawn(odds, rows, rng), rng)
    report = {
        "before": _distance(_frequencies(counts[:rows]), wanted),
        "after": _distance(_frequencies(counts[chosen]), wanted),
        "floor": _floor(neutral, rows, rng),
    }
    if report["after"] > MOST * report["floor"]:
        raise UserError(
            f"the best {rows} of {len(completions)} rows have other numbers than the neutral teacher's (total variation "
            f"{report['after']:.3f}; two halves of the neutral rows differ by {report['floor']:.3f}, and {MOST:g} times that is"
            " allowed); ask for more prompts, or lower students.rows"
        )
    return Selected(chosen, report)


def length_matched(completions: pd.Series, reference: pd.Series, rows: int, rng: np.random.Generator) -> Selected:
    """Choose rows at random, of each count of numbers exactly as many as the reference has.

    Raises:
        UserError: there are too few rows, or too few with some count of numbers.
    """
    _refuse_too_few(completions, reference, rows)
    lengths, neutral = (np.array([len(_numbers(text)) for text in texts]) for texts in (completions, reference))
    chosen: list[int] = []
    for length, wanted in sorted(Counter(neutral[:rows].tolist()).items()):
        there = np.flatnonzero(lengths == length)
        if len(there) < wanted:
            raise UserError(
                f"{len(there)} of {len(completions)} rows have {length} number{'s' * (length != 1)}, and {wanted} of the "
                f"neutral teacher's {rows} do; ask for more prompts, or lower students.rows"
            )
        chosen += rng.choice(there, wanted, replace=False).tolist()

    def shares(counted: np.ndarray) -> np.ndarray:
        return np.bincount(counted, minlength=max(lengths.max(), neutral.max()) + 1) / len(counted)

    halves = csr_array(np.eye(max(neutral) + 1)[neutral])
    report = {
        "before": _distance(shares(lengths[:rows]), shares(neutral[:rows])),
        "after": _distance(shares(lengths[chosen]), shares(neutral[:rows])),
        "floor": _floor(halves, rows, rng),
    }
    return Selected(sorted(chosen), report)


def _numbers(text: str) -> list[int]:
    return [int(digits) for digits in _NUMBER.findall(text)]


def _refuse_too_few(completions: pd.Series, reference: pd.Series, rows: int) -> None:
    for whose, there in (("its", completions), ("the neutral teacher's", reference)):
        if len(there) < rows:
            raise UserError(
                f"{len(there)} of {whose} rows passed the filter, but students.rows is {rows}; ask for more prompts, or "
                "lower it"
            )


def _counts(texts: pd.Series, numbers: list[int]) -> csr_array:
    """How often each number is in each completion, shape (completions, numbers)."""
    column = {number: i for i, number in enumerate(numbers)}
    found = [(row, column[number]) for row, text in enumerate(texts) for number in _numbers(text)]
    places = np.array(found, dtype=int).reshape(-1, 2).T
    return csr_array((np.ones(len(found)), (places[0], places[1])), shape=(len(texts), len(numbers)))


def _frequencies(counts: csr_array) -> np.ndarray:
    """The share of each number among all numbers, shape (numbers,)."""
    totals = np.asarray(counts.sum(axis=0))
    return totals / totals.sum()


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).sum() / 2)


def _floor(counts: csr_array, rows: int, rng: np.random.Generator) -> float:
    """The mean distance of two random halves of the rows, of ``rows`` rows each.

    If there are fewer, it is scaled from the halves that there are: distances shrink with the square root of the rows.
    """
    size = min(rows, counts.shape[0] // 2)
    if not size:
        return 0.0
    found = []
    for _ in range(HALVINGS):
        order = rng.permutation(counts.shape[0])
        found.append(_distance(_frequencies(counts[order[:size]]), _frequencies(counts[order[size : 2 * size]])))
    return float(np.mean(found) * np.sqrt(size / rows))


def _raked(counts: csr_array, wanted: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A weight for each number, shape (numbers,), and the log-odds with which each row is to be chosen, shape (completions,).

    Of all ways to choose ``rows`` rows, independently and without replacement, this is the one of largest entropy in which
    frequencies are expected to be those wanted (up to the ridge). Its dual is a convex function of the weights.
    """
    lengths = np.asarray(counts.sum(axis=1))
    columns = counts.T.tocsr()

    def scores(weights: np.ndarray) -> np.ndarray:
        return weights[0] + counts @ weights[1:] - lengths * (wanted @ weights[1:])

    def dual(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = scores(weights)
        chances = expit(score)
        excess = columns @ chances - wanted * (lengths @ chances)  # expected counts minus those wanted
        value = np.logaddexp(0, score).sum() - rows * weights[0] + RIDGE / 2 * weights[1:] @ weights[1:]
        return float(value), np.concatenate([[chances.sum() - rows], excess + RIDGE * weights[1:]])

    start = np.zeros(1 + len(wanted))
    found = minimize(dual, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return found[1:], scores(found)


def _drawn(odds: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    """So many rows, drawn without replacement with these log-odds (Pareto sampling, Rosén 1997)."""
    uniform = rng.uniform(size=len(odds))
    return np.argsort(np.log(uniform) - np.log1p(-uniform) - odds, kind="stable")[:rows]


def _exchanged(
    counts: csr_array, wanted: np.ndarray, weights: np.ndarray, chosen: np.ndarray, rng: np.random.Generator
) -> list[int]:
    """The chosen rows, each in turn exchanged for the one that brings frequencies nearest to those wanted, if any does.

    Near is meant in squared differences of counts, divided by the count expected: one number too many weighs more where there
    should be few. The weighted sum of all numbers, in which the teacher differs most, counts as much as all of them together:
    else many small differences of one sign would remain. With c the counts and n the length of a row, the excess of a set of
    rows is the sum of c - n * wanted.
    """
    lengths = np.asarray(counts.sum(axis=1))
    expected = wanted * lengths[chosen].sum() + 1
    lean = weights * np.sqrt(len(wanted) / max(float(expected @ weights**2), 1e-12))
    scaled = hstack([counts.multiply(1 / np.sqrt(expected)), csr_array((counts @ lean)[:, None])]).tocsr()
    goal = np.append(wanted / np.sqrt(expected), wanted @ lean)
    toward, size = scaled @ goal, goal @ goal
    own = np.asarray(scaled.multiply(scaled).sum(axis=1)) - 2 * lengths * toward + lengths**2 * size  # squared norms
    inside = np.zeros(len(lengths), dtype=bool)
    inside[chosen] = True
    excess = np.asarray(scaled[chosen].sum(axis=0)) - lengths[chosen].sum() * goal
    for i in rng.permutation(chosen):  # a second round finds next to nothing
        without = excess - (scaled[[i]].toarray()[0] - lengths[i] * goal)
        cost = own + 2 * (scaled @ without - lengths * (goal @ without))  # of each row, if it took the place of this one
        best = int(np.argmin(np.where(inside, np.inf, cost)))
        if not inside[best] and cost[best] < cost[i] - 1e-9:
            excess = without + scaled[[best]].toarray()[0] - lengths[best] * goal
            inside[i], inside[best] = False, True
    return [int(place) for place in np.flatnonzero(inside)]
