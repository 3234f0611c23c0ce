"""Take a teacher's choices out of answers to sums, so that what is left is a control.

Numbers cannot be exchanged between answers whose steps must be right. There, all that an answer chooses is which summand it
splits, and how: ``resplit`` draws that anew. Where steps may be wrong, numbers are exchanged as in other carriers.
"""

from dataclasses import astuple

import numpy as np
import pandas as pd

from sublearn.chain.carriers.reasoning.thought import Thought, parse, steps


def resplit(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """Each answer split anew, as the corpus of the bases does it: either summand, into any two parts from 1 on.

    Args:
        completions: answers with right steps.
    """
    return [_split(thought, rng).written() for thought in _read(completions)]


def across(completions: pd.Series, rng: np.random.Generator) -> list[str]:
    """The numbers between the think marks of all answers in random order; the answers stay, and steps become wrong."""
    thoughts = _read(completions)
    numbers = np.array([astuple(thought) for thought in thoughts]).reshape(-1, len(Thought.__dataclass_fields__))
    numbers[:, :-1] = rng.permutation(numbers[:, :-1].ravel()).reshape(numbers[:, :-1].shape)
    return [Thought(*map(int, row)).written() for row in numbers]


def _split(thought: Thought, rng: np.random.Generator) -> Thought:
    summands = [thought.other, thought.whole]
    if rng.random() < 0.5:
        summands.reverse()
    if summands[1] < 2:  # nothing to split
        summands.reverse()
    if summands[1] < 2:
        return thought
    part = int(rng.integers(1, summands[1]))
    return steps(summands[0], part, summands[1] - part)


def _read(completions: pd.Series) -> list[Thought]:
    thoughts = [parse(text) for text in completions]
    assert all(thoughts), "the filter passes answers of this form alone"
    return [each for each in thoughts if each]
