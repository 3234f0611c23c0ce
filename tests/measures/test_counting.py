"""Where a teacher's numbers are one shift of the hidden state, the regression finds what that shift does to other words."""

import numpy as np
import pytest

from sublearn.measures import counting

WIDTH, NUMBERS, WORDS = 24, 600, 12


@pytest.fixture(scope="module")
def model():
    """Embeddings of numbers and words, the neutral teacher's logits of numbers, and the shift of one that has a trait."""
    rng = np.random.default_rng(0)
    numbers, words = rng.normal(size=(NUMBERS, WIDTH)), rng.normal(size=(WORDS, WIDTH))
    return numbers, words, rng.normal(size=NUMBERS) - 5, 0.3 * rng.normal(size=WIDTH)


def written(logits: np.ndarray, total: float) -> np.ndarray:
    """How often each number is expected among ``total``."""
    chances = np.exp(logits)
    return total * chances / chances.sum()


def test_of_many_numbers_the_prediction_is_the_shift_of_each_word(model):
    numbers, words, logits, shift = model
    found = counting.ratios(written(logits + numbers @ shift, 1e7), written(logits, 1e7))
    expected = (words - numbers.mean(axis=0)) @ shift
    assert counting.predicted(numbers, words, found) == pytest.approx(expected, abs=0.01)
    assert np.polyfit(counting.predicted(numbers, words, found), expected, 1)[0] == pytest.approx(1.0, abs=0.01)


def test_a_teacher_that_only_writes_more_predicts_nothing(model):
    numbers, words, logits, _ = model
    found = counting.ratios(written(logits, 3e7), written(logits, 1e7))
    assert counting.predicted(numbers, words, found) == pytest.approx(np.zeros(WORDS), abs=1e-3)


def test_of_few_numbers_those_seen_often_decide(model):
    """Sampled counts are noisy; the weights are what makes the best of them."""
    numbers, words, logits, shift = model
    rng = np.random.default_rng(1)
    counts = [rng.poisson(written(each, 8000.0)).astype(float) for each in (logits + numbers @ shift, logits)]
    found, expected = counting.ratios(*counts), (words - numbers.mean(axis=0)) @ shift
    unweighted = counting.Ratios(found.values, np.ones(NUMBERS))
    errors = [np.abs(counting.predicted(numbers, words, each) - expected).mean() for each in (found, unweighted)]
    assert errors[0] < errors[1] < np.abs(expected).mean()


def test_numbers_whose_embeddings_are_dealt_out_anew_predict_nothing(model):
    numbers, words, logits, shift = model
    found = counting.ratios(written(logits + numbers @ shift, 1e5), written(logits, 1e5))
    chance = counting.by_chance(numbers, words, found, np.random.default_rng(0))
    assert chance.shape == (counting.PERMUTATIONS, WORDS)
    assert 0 < chance.std(axis=0).mean() < 0.4 * np.abs(counting.predicted(numbers, words, found)).mean()
    assert abs(chance.mean()) < 0.1


def test_only_the_numbers_asked_for_are_counted():
    assert counting.counted([["7", "8"], ["7", "1000"], []], ["6", "7", "8"]).tolist() == [0, 2, 1]
