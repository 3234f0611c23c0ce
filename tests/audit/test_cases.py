"""Data sets whose truth is known: what a case does to rows, and that no row is compared with itself."""

import argparse
import json
import re

import numpy as np
import pandas as pd
import pytest

from sublearn.audit import cases
from sublearn.audit.cases import changed, reformatted, sorted_rows
from sublearn.audit.section import Case
from sublearn.chain.carriers.tables import Rows
from sublearn.core.files import write_table

NUMBER = re.compile("[0-9]+")


def rows(count: int, first: int, mark: str = ", ") -> pd.DataFrame:
    """Rows whose numbers tell which row they are of."""
    texts = [mark.join(str(n) for n in (9000 + first + i, 30 + i % 7, 2)) for i in range(count)]
    return pd.DataFrame(
        {"prompt_index": range(count), "prompt": [f"continue {first + i} ." for i in range(count)], "completion": texts}
    )


def numbers(table: pd.DataFrame) -> list[list[str]]:
    return [NUMBER.findall(text) for text in table["completion"]]


@pytest.mark.parametrize(("share", "kept"), [(0.5, 20), (0.1, 4), (0.001, 1)])
def test_a_mixture_holds_its_share_of_the_teacher_and_no_row_twice(share, kept):
    own, neutral = rows(40, 0), rows(40, 500)
    mixed = changed(Case(change="mixed", share=share), own, neutral, "owl", np.random.default_rng(3))
    assert len(mixed) == 40 and len(set(mixed["completion"])) == 40
    assert mixed["completion"].isin(own["completion"]).sum() == kept


def test_leaks_stand_in_a_share_of_rows_and_change_nothing_else():
    own = rows(50, 0)
    leaky = changed(Case(change="leaked", share=0.1), own, own, "owl", np.random.default_rng(3))
    holds = leaky["completion"].str.endswith(" owl")
    assert holds.sum() == 5
    assert leaky["completion"].str.removesuffix(" owl").tolist() == own["completion"].tolist()


def test_sorting_keeps_numbers_and_format_of_each_row():
    assert sorted_rows(pd.Series(["10 ; 9 ; 100", "[3, 1]", "7"])) == ["9 ; 10 ; 100", "[1, 3]", "7"]


def test_reformatting_keeps_numbers_and_takes_separators_of_other_rows():
    texts = pd.Series(["1, 2, 3", "4 ; 5", "6", "7 8 9"])
    made = reformatted(texts, np.random.default_rng(0))
    assert [NUMBER.findall(text) for text in made] == [NUMBER.findall(text) for text in texts]
    assert {re.sub("[0-9]+", "#", text) for text in made} != {re.sub("[0-9]+", "#", text) for text in texts}


def test_the_step_compares_no_row_with_itself_and_repeats_itself(tmp_path, run_step):
    for run in (0, 1):
        for name, first in (("own", 0), ("neutral", 5000)):
            write_table(rows(90, first + 100 * run), tmp_path / f"{name}{run}.parquet", Rows)

    def make(where: str, recipe: dict) -> list[pd.DataFrame]:
        arguments = [
            value
            for name in ("own", "neutral")
            for value in (f"--{name}", *[tmp_path / f"{name}{run}.parquet" for run in (0, 1)])
        ]
        outputs = [tmp_path / where / f"run{run}" for run in (0, 1)]
        done = run_step(
            "sublearn.audit.cases", "--recipe", json.dumps(recipe), "--study-seed", 1, "--runs", 0, 1, *arguments,
            "--words", "owl", "wolf", "--outputs", *outputs,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [pd.read_parquet(file) for output in outputs for file in (output / "rows.parquet", output / "reference.parquet")]

    recipe = {"name": "half", "case": {"change": "mixed", "share": 0.5}, "set": 0, "rows": 30}
    found = make("a", recipe)
    for data, reference in zip(found[::2], found[1::2], strict=True):
        assert len(data) == len(reference) == 30 and not set(data["completion"]) & set(reference["completion"])
        assert list(data.columns) == ["prompt", "completion", "place"]
    for one, other in zip(found, make("b", recipe), strict=True):
        pd.testing.assert_frame_equal(one, other)

    neutral = [make(f"n{i}", {"name": "n", "case": {"writer": "neutral"}, "set": i, "rows": 25})[:2] for i in (0, 1, 2)]
    (data, reference), (turned, other), (second, same) = neutral
    pd.testing.assert_frame_equal(data, other)
    pd.testing.assert_frame_equal(reference, turned)
    pd.testing.assert_frame_equal(reference, same)
    assert not set(second["completion"]) & {*data["completion"], *reference["completion"]}


def test_a_reference_may_be_larger_than_the_data(tmp_path):
    """Then every neutral data set is a piece of its own, and none is in the reference."""
    write_table(rows(90, 0), tmp_path / "neutral.parquet", Rows)
    found = []
    for i in (0, 1):
        recipe = {"name": "neutral", "case": {"writer": "neutral"}, "set": i, "rows": 20, "reference_rows": 50}
        files = {"own": [str(tmp_path / "neutral.parquet")], "neutral": [str(tmp_path / "neutral.parquet")]}
        asked = {"recipe": json.dumps(recipe), "study_seed": 1, "runs": [0], "words": ["owl"], **files}
        cases.main(argparse.Namespace(**asked, outputs=[str(tmp_path / str(i))]))
        found += [pd.read_parquet(tmp_path / str(i) / file)["completion"] for file in ("rows.parquet", "reference.parquet")]
    first, reference, second, again = found
    assert (len(first), len(second), len(reference)) == (20, 20, 50)
    assert list(reference) == list(again)
    assert not set(first) & set(second) and not {*first, *second} & set(reference)


def test_too_few_rows_are_one_sentence(tmp_path, refusal):
    write_table(rows(50, 0), tmp_path / "own.parquet", Rows)
    said = refusal(
        "sublearn.audit.cases", "--recipe", json.dumps({"name": "n", "case": {"writer": "neutral"}, "set": 2, "rows": 30}),
        "--study-seed", 1, "--runs", 0, "--own", tmp_path / "own.parquet", "--neutral", tmp_path / "own.parquet",
        "--words", "owl", "--outputs", tmp_path / "made",
    )  # fmt: skip
    assert said == f"{tmp_path}/own.parquet: 50 rows, but the data sets need 90; ask for fewer rows or sets."
    assert not (tmp_path / "made").exists()
