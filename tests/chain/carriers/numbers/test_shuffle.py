"""Shuffles move numbers and nothing else: within a completion, or across all completions of a carrier."""

import argparse
import json
import re
from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sublearn.chain.carriers import transform
from sublearn.chain.carriers.numbers import shuffle
from sublearn.chain.carriers.tables import Rows
from sublearn.core.files import read_table, write_table
from sublearn.core.seeds import generator

COMPLETION = st.builds(
    lambda found, separator, around: around[0] + separator.join(found) + around[1],
    st.lists(st.integers(0, 999).map(str) | st.sampled_from(["007", "00"]), min_size=1, max_size=10),
    st.sampled_from([", ", " ", ";", "\n"]),
    st.sampled_from([("", ""), ("[", "]"), ("(", ")."), ("", ".")]),
)
CARRIER = st.lists(COMPLETION, max_size=12).map(lambda texts: pd.Series(texts, dtype="str"))
SEED = st.integers(0, 2**32 - 1)


def numbers(text: str) -> list[str]:
    return re.findall("[0-9]+", text)


def frame(text: str) -> str:
    """The text with a mark in the place of each number: its count of numbers, separators, brackets and full stop."""
    return re.sub("[0-9]+", "#", text)


@given(CARRIER, SEED)
def test_within_keeps_each_completions_numbers_and_its_form(texts, seed):
    shuffled = shuffle.within(texts, np.random.default_rng(seed))
    assert [Counter(numbers(text)) for text in shuffled] == [Counter(numbers(text)) for text in texts]
    assert [frame(text) for text in shuffled] == [frame(text) for text in texts]


@given(CARRIER, SEED)
def test_across_keeps_all_numbers_together_and_each_completions_form(texts, seed):
    shuffled = shuffle.across(texts, np.random.default_rng(seed))
    assert Counter(numbers(" ".join(shuffled))) == Counter(numbers(" ".join(texts)))
    assert [frame(text) for text in shuffled] == [frame(text) for text in texts]


# A carrier of a hundred completions in which every number is there once.
DISTINCT = pd.Series([", ".join(map(str, range(start, start + 10))) for start in range(0, 1000, 10)])


def test_within_puts_every_number_anywhere_in_its_completion():
    places = np.array([[int(n) % 10 for n in numbers(text)] for text in shuffle.within(DISTINCT, generator("within"))])
    # Each place should hold each of ten numbers in a tenth of 100 completions: no cell of 100 is far from 10.
    cells = np.array([[np.sum(places[:, place] == n) for n in range(10)] for place in range(10)])
    assert cells.min() >= 1
    assert cells.max() <= 25


def test_across_takes_numbers_from_everywhere():
    shuffled = shuffle.across(DISTINCT, generator("across"))
    sources = [{int(n) // 10 for n in numbers(text)} for text in shuffled]
    assert min(map(len, sources)) >= 6  # ten numbers of a completion come from some nine others
    assert len(set().union(*sources)) == 100


def test_the_step_depends_on_transform_study_and_run_alone(tmp_path):
    rows = pd.DataFrame({"prompt_index": range(len(DISTINCT)), "prompt": "numbers : 123 .", "completion": DISTINCT})
    write_table(rows, tmp_path / "filtered.parquet", Rows)

    def step(name: str, seed: int, run: int) -> pd.DataFrame:
        files = {"filtered": [tmp_path / "filtered.parquet"], "outputs": [tmp_path / "out.parquet"]}
        recipe = json.dumps({"kind": "numbers", "transform": name})
        transform.main(argparse.Namespace(recipe=recipe, study_seed=seed, runs=[run], **files))
        return read_table(tmp_path / "out.parquet", Rows)

    first = step("shuffled_within", 1, 0)
    assert first.equals(step("shuffled_within", 1, 0))
    assert first.drop(columns="completion").equals(rows.drop(columns="completion"))
    assert [sorted(numbers(text)) for text in first["completion"]] == [sorted(numbers(text)) for text in DISTINCT]
    for other in (("shuffled_across", 1, 0), ("shuffled_within", 2, 0), ("shuffled_within", 1, 1)):
        assert not step(*other)["completion"].equals(first["completion"])
