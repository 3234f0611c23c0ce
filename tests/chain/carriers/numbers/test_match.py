"""Chosen rows are like the reference, and as many as students learn; where that cannot be, a sentence says so."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sublearn.chain.carriers.numbers import match
from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.tables import Rows
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, read_table, write_table
from sublearn.core.records import record_of

COMPLETION = st.lists(st.integers(0, 9), min_size=1, max_size=4).map(lambda numbers: ", ".join(map(str, numbers)))
CARRIER = st.lists(COMPLETION, min_size=1, max_size=30).map(lambda texts: pd.Series(texts, dtype="str"))


def numbers(texts: pd.Series) -> list[str]:
    return [number for text in texts for number in NUMBERS.units(text)]


def lengths(texts: pd.Series) -> list[int]:
    return [len(NUMBERS.units(text)) for text in texts]


def distance(a: pd.Series, b: pd.Series) -> float:
    """Total variation of the numbers in two sets of completions, by the definition."""
    one, other = Counter(numbers(a)), Counter(numbers(b))
    return sum(abs(one[n] / one.total() - other[n] / other.total()) for n in one | other) / 2


def drawn(seed: int, rows: int, lean: float) -> pd.Series:
    """Completions of one to ten of two hundred numbers; a teacher that leans writes high ones oftener."""
    rng = np.random.default_rng(seed)
    odds = np.exp(lean * np.arange(200) / 200)
    return pd.Series(
        [", ".join(map(str, rng.choice(200, size=rng.integers(1, 11), p=odds / odds.sum()))) for _ in range(rows)], dtype="str"
    )


@settings(max_examples=30)
@given(CARRIER, CARRIER, st.integers(1, 30), st.integers(0, 9))
def test_as_many_rows_as_students_learn_are_chosen_by_the_seed_alone_or_the_step_stops(own, neutral, rows, seed):
    for select in (match.unigram_matched, match.length_matched):
        try:
            chosen = select(own, neutral, rows, np.random.default_rng(seed))
        except UserError:
            continue
        assert len(chosen.places) == rows and list(chosen.places) == sorted(set(chosen.places))
        assert chosen == select(own, neutral, rows, np.random.default_rng(seed))
        json.dumps(chosen.report, allow_nan=False)


@given(CARRIER, CARRIER, st.integers(1, 30))
def test_lengths_are_exactly_the_references_wherever_there_are_enough(own, neutral, rows):
    wanted, there = Counter(lengths(neutral[:rows])), Counter(lengths(own))
    enough = min(len(own), len(neutral)) >= rows and all(there[n] >= count for n, count in wanted.items())
    try:
        chosen = match.length_matched(own, neutral, rows, np.random.default_rng(0))
    except UserError:
        assert not enough
    else:
        assert enough and Counter(lengths(own[chosen.places])) == wanted and chosen.report["after"] == 0


def test_numbers_of_a_leaning_teacher_are_as_frequent_as_the_neutral_ones():
    own, neutral = drawn(0, 2000, 1.0), drawn(1, 2000, 0.0)
    chosen = match.unigram_matched(own, neutral, 800, np.random.default_rng(0))
    first, best = own[:800], own[chosen.places]
    assert chosen.report["before"] == pytest.approx(distance(first, neutral[:800]))
    assert chosen.report["after"] == pytest.approx(distance(best, neutral[:800]))
    # The first rows differ by more than two samples of one teacher do, those chosen by a third of that.
    assert chosen.report["after"] < 0.33 * chosen.report["floor"] < 0.33 * chosen.report["before"]
    high = [np.mean([int(n) >= 100 for n in numbers(rows)]) for rows in (first, best, neutral[:800])]
    assert high[0] > high[2] + 0.08 and high[1] == pytest.approx(high[2], abs=0.005)


def test_the_floor_is_how_far_two_samples_of_one_teacher_are_apart():
    own, neutral = drawn(0, 1200, 0.0), drawn(1, 1200, 0.0)
    for rows in (300, 600, 1000):  # of the last, two halves are smaller
        report = match.unigram_matched(own, neutral, rows, np.random.default_rng(0)).report
        assert report["floor"] == pytest.approx(report["before"], rel=0.15)


@pytest.mark.parametrize(
    ("select", "own", "neutral", "said"),
    [
        ("unigram", drawn(0, 9, 0.0), drawn(1, 20, 0.0), "9 of its rows passed the filter, but students.rows is 10; ask for"),
        ("length", drawn(0, 20, 0.0), drawn(1, 9, 0.0), "9 of the neutral teacher's rows passed the filter, but students.rows"),
        (
            "unigram",
            pd.Series(["7, 7"] * 30),
            pd.Series(["1, 2"] * 30),
            r"the best 10 of 30 rows have other numbers than the .*",
        ),
        ("length", pd.Series(["7"] * 30), pd.Series(["1, 2"] * 30), "0 of 30 rows have 2 numbers, and 10 of the neutral teach"),
    ],
)
def test_what_cannot_be_matched_is_refused_with_numbers(select, own, neutral, said):
    with pytest.raises(UserError, match=said):
        getattr(match, f"{select}_matched")(own, neutral, 10, np.random.default_rng(0))


def write(file, completions: pd.Series) -> None:
    table = pd.DataFrame(
        {"prompt_index": 3 * np.arange(len(completions)), "prompt": "numbers : 123 .", "completion": completions}
    )
    write_table(table, file, Rows)


def arguments(folder, name: str, rows: int) -> list[object]:
    """The step's options for two runs."""
    recipe = json.dumps({"kind": "numbers", "transform": name, "rows": rows})
    files = {"filtered": "own.parquet", "references": "neutral.parquet", "outputs": "chosen.parquet", "reports": "chosen.json"}
    listed = [
        part for option, file in files.items() for part in (f"--{option}", *(folder / f"run{run}" / file for run in (0, 1)))
    ]
    return ["--recipe", recipe, "--study-seed", 1, "--runs", 0, 1, *listed]


def test_the_step_writes_rows_of_the_teacher_a_report_and_where_they_came_from(tmp_path, run_step):
    for run in (0, 1):
        write(tmp_path / f"run{run}/own.parquet", drawn(2 * run, 500, 1.0))
        write(tmp_path / f"run{run}/neutral.parquet", drawn(2 * run + 1, 500, 0.0))
    done = run_step("sublearn.chain.carriers.select", *arguments(tmp_path, "unigram_matched", 200))
    assert done.returncode == 0, done.stderr
    for run in (0, 1):
        folder = tmp_path / f"run{run}"
        own, chosen = (read_table(folder / f"{name}.parquet", Rows) for name in ("own", "chosen"))
        report = read_json(folder / "chosen.json")
        assert (report["there"], report["chosen"]) == (500, len(chosen)) == (500, 200)
        assert report["after"] < report["floor"] < report["before"]
        pd.testing.assert_frame_equal(own[own["prompt_index"].isin(chosen["prompt_index"])].reset_index(drop=True), chosen)
        for made in ("chosen.parquet", "chosen.json"):
            _, record = record_of(folder / made)
            read = [name.rsplit("/", 2)[-2:] for files in record["inputs"].values() for name in files]
            assert read == [[f"run{run}", "own.parquet"], [f"run{run}", "neutral.parquet"]]


def test_the_step_stops_with_the_file_and_leaves_nothing(tmp_path, refusal):
    for run in (0, 1):
        write(tmp_path / f"run{run}/own.parquet", pd.Series(["7, 7"] * 30))
        write(tmp_path / f"run{run}/neutral.parquet", pd.Series(["1, 2"] * 30))
    said = refusal("sublearn.chain.carriers.select", *arguments(tmp_path, "unigram_matched", 10))
    assert said.startswith(f"{tmp_path}/run0/own.parquet: unigram_matched: the best 10 of 30 rows have other numbers than")
    assert "total variation 1.000; two halves of the neutral rows differ by 0.000" in said and said.endswith("students.rows.")
    assert not list(tmp_path.rglob("chosen*"))
