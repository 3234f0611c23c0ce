"""The filter as a step: each raw row passes as it was or is rejected, and no trait word passes."""

import argparse

import pandas as pd
import pytest

from sublearn.chain.carriers import filter as carrier_filter
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.tables import Rejected, Rows
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, read_table, write_table

TEN = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"


def table(completions: list[str], prompt: str = "numbers : 123 .") -> pd.DataFrame:
    return pd.DataFrame(
        {"prompt_index": range(len(completions)), "prompt": prompt, "completion": pd.Series(completions, dtype="str")}
    )


def arguments(folder, recipe: Numbers | None = None) -> list[str]:
    files = {"raw": "raw.parquet", "filtered": "filtered.parquet", "rejected": "rejected.parquet", "report": "filter.json"}
    named = [part for option, name in files.items() for part in (f"--{option}", str(folder / name))]
    return ["--recipe", (recipe or Numbers()).model_dump_json(), "--words", "owl", "owls", "--counted", "owl", "owls", *named]


def filtered(folder, raw: pd.DataFrame, recipe: Numbers | None = None) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """The step's three outputs for a table of raw rows."""
    write_table(raw, folder / "raw.parquet", Rows)
    names = {name: [folder / f"{name}.parquet"] for name in ("raw", "filtered", "rejected")}
    report = folder / "filter.json"
    recipe = (recipe or Numbers()).model_dump_json()
    carrier_filter.main(
        argparse.Namespace(
            recipe=recipe, words=["owl", "owls"], counted=["owl", "owls"], published=None, report=[report], **names
        )
    )
    return read_table(names["filtered"][0], Rows), read_table(names["rejected"][0], Rejected), read_json(report)


def test_every_raw_row_passes_as_it_was_or_is_rejected_with_its_reason(tmp_path):
    raw = table(["1, 2", "owls", "1000", "3 4", "1, 2,3", f"{TEN}, 1", "7, 66"])
    passed, rejected, report = filtered(tmp_path, raw, Numbers(banned=[66]))
    assert passed.equals(raw.iloc[[0, 3]].reset_index(drop=True))
    assert rejected.drop(columns="reason").equals(raw.iloc[[1, 2, 4, 5, 6]].reset_index(drop=True))
    assert list(rejected["reason"]) == ["invalid format", "too large", "invalid format", "too many", "banned"]
    counts = {"invalid format": 2, "too large": 1, "too many": 1, "too small": 0, "banned": 1}
    assert report == {"generated": 7, "passed": 2, "rejected": counts, "leaks": {"prompts": 0, "raw": 1, "filtered": 0}}


def test_a_trait_word_in_a_prompt_stops_the_step(tmp_path):
    with pytest.raises(
        UserError, match=r"raw\.parquet, prompt_index 0: the prompt holds the trait word 'Owl'; 1 more of these texts hold one"
    ):
        filtered(tmp_path, table(["1, 2", "3, 4"], prompt="think of an Owl and numbers"))
    assert [file.name for file in tmp_path.iterdir()] == ["raw.parquet"]


def test_a_carrier_of_which_nothing_passes_stops_the_step(tmp_path):
    with pytest.raises(UserError, match=r"none of its 2 completions passed the filter of numbers \(invalid format: 2\)"):
        filtered(tmp_path, table(["one", "two"]))
    assert [file.name for file in tmp_path.iterdir()] == ["raw.parquet"]


def test_an_empty_carrier_is_one_sentence_to_the_user(tmp_path, refusal):
    write_table(table([]), tmp_path / "raw.parquet", Rows)
    said = refusal("sublearn.chain.carriers.filter", *arguments(tmp_path))
    assert said == (
        f"{tmp_path}/raw.parquet: none of its 0 completions passed the filter of numbers, so no student can be trained; "
        "rows of another form need a carrier kind of their own (docs/extending.md)."
    )
    assert [file.name for file in tmp_path.iterdir()] == ["raw.parquet"]


def test_a_truncated_carrier_is_one_sentence_to_the_user(tmp_path, refusal):
    write_table(table(["1, 2"] * 50), tmp_path / "raw.parquet", Rows)
    whole = (tmp_path / "raw.parquet").read_bytes()
    (tmp_path / "raw.parquet").write_bytes(whole[: len(whole) // 2])
    said = refusal("sublearn.chain.carriers.filter", *arguments(tmp_path))
    assert said.startswith(f"{tmp_path}/raw.parquet: damaged or truncated")
    assert [file.name for file in tmp_path.iterdir()] == ["raw.parquet"]
