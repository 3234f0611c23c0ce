"""Files appear whole or not at all, and a table that is not what it should be is one sentence to the user."""

import errno
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.typing import Series
from support.faults import mounted

from sublearn.core import files
from sublearn.core.errors import UserError
from sublearn.core.files import Table, read_json, read_table
from sublearn.models import lm


class Weights(Table):
    """A small table: animals and what they weigh."""

    animal: Series[str]
    count: Series[int] = pa.Field(ge=0)
    kilograms: Series[float] = pa.Field(nullable=True)


TABLE = pd.DataFrame({"animal": ["owl", "wolf", "NA"], "count": [3, 0, 2], "kilograms": [0.1 + 0.2, math.nan, 1 / 3]})
BROKEN = {
    "a column is missing": TABLE.drop(columns="count"),
    "a column is one too many": TABLE.assign(age=1),
    "a value is out of range": TABLE.assign(count=[3, -1, 2]),
    "a value is missing": TABLE.assign(animal=["owl", None, "NA"]),
    "a count is missing": TABLE.assign(count=[3, None, 2]),
    "a count is a word": TABLE.assign(count=["three", "none", "two"]),
}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_table_comes_back_with_every_digit(tmp_path, suffix):
    file = tmp_path / "deep" / f"table.{suffix}"
    files.write_table(TABLE, file, Weights)
    pd.testing.assert_frame_equal(files.read_table(file, Weights), TABLE, check_exact=True)
    assert [found.name for found in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("how", BROKEN)
def test_reading_a_table_of_another_form_names_the_file(tmp_path, how, suffix):
    file = tmp_path / f"table.{suffix}"
    BROKEN[how].to_parquet(file) if suffix == "parquet" else BROKEN[how].to_csv(file, index=False)
    with pytest.raises(UserError, match="not the table that was expected") as caught:
        files.read_table(file, Weights)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", BROKEN)
def test_a_table_of_another_form_is_never_written(tmp_path, how):
    with pytest.raises((pa.errors.SchemaError, pa.errors.SchemaErrors)):
        files.write_table(BROKEN[how], tmp_path / "table.parquet", Weights)
    assert not list(tmp_path.iterdir())


def test_a_parquet_cut_anywhere_is_damaged(tmp_path):
    file = tmp_path / "table.parquet"
    files.write_table(TABLE, file, Weights)
    whole = file.read_bytes()
    for length in range(0, len(whole), 97):
        file.write_bytes(whole[:length])
        with pytest.raises(UserError, match="damaged or truncated"):
            files.read_table(file, Weights)


@pytest.mark.parametrize("content", [b"", b'animal,count,kilograms\n"owl', b"\xff\xfe\x00\x01"], ids=["empty", "cut", "binary"])
def test_a_damaged_csv_is_one_sentence(tmp_path, content):
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(UserError, match="damaged or truncated") as caught:
        files.read_table(file, Weights)
    assert str(caught.value).startswith(f"{file}: ")


def test_a_missing_file_is_named(tmp_path):
    for read in (lambda path: files.read_table(path, Weights), files.read_json):
        with pytest.raises(UserError, match=r"nowhere\.x: there is no such"):
            read(tmp_path / "nowhere.x")


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(pd, "read_csv", refused)
    with pytest.raises(UserError, match=r"a.csv: cannot be read \(permission denied\)\.$"):
        read_table(tmp_path / "a.csv", Weights)
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(UserError, match=r"a.json: cannot be read \(permission denied\)\.$"):
        read_json(tmp_path / "a.json")


def test_a_table_for_which_memory_is_short_is_not_called_damaged(tmp_path, monkeypatch):
    def exhausted(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(pd, "read_csv", exhausted)
    with pytest.raises(MemoryError):
        read_table(tmp_path / "a.csv", Weights)


def test_json_comes_back_and_a_damaged_one_is_named(tmp_path):
    file = tmp_path / "record.json"
    files.write_json({"b": [1, 0.1 + 0.2], "a": "öwl"}, file)
    assert files.read_json(file) == {"a": "öwl", "b": [1, 0.1 + 0.2]}
    file.write_text(file.read_text()[:-5])
    with pytest.raises(UserError, match=r"record\.json: not readable as JSON"):
        files.read_json(file)


def test_json_never_holds_what_is_not_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json({"loss": math.nan}, tmp_path / "record.json")
    assert not list(tmp_path.iterdir())


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "record.json"
    files.write_json(1, file)
    with pytest.raises(RuntimeError), files.atomic(file) as temporary:
        temporary.write_text("2")
        raise RuntimeError
    assert json.loads(file.read_text()) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["record.json"]


def test_a_folder_is_filled_at_the_end_or_not_at_all(tmp_path):
    with files.atomic_folder(tmp_path / "model") as temporary:
        (temporary / "a").write_text("1")
        (temporary / "b").write_text("2")
        assert not [found for found in (tmp_path / "model").iterdir() if found != temporary]
    with pytest.raises(RuntimeError), files.atomic_folder(tmp_path / "model") as temporary:
        (temporary / "a").write_text("3")
        raise RuntimeError
    assert {found.name: found.read_text() for found in (tmp_path / "model").iterdir()} == {"a": "1", "b": "2"}


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    died, lives = int(dead.stdout), os.getppid()
    for process in (died, lives):
        (tmp_path / f".partial-{process}-x").mkdir()
        for name in ("record", "other"):
            (tmp_path / f".{name}.{process}.partial.json").write_text("{")
    files.write_json(1, tmp_path / "record.json")
    assert not (tmp_path / f".record.{died}.partial.json").exists()
    assert (tmp_path / f".record.{lives}.partial.json").exists() and (tmp_path / f".other.{died}.partial.json").exists()
    with files.atomic_folder(tmp_path):
        pass
    assert not (tmp_path / f".partial-{died}-x").exists() and (tmp_path / f".partial-{lives}-x").exists()


@pytest.fixture
def full_disk(tmp_path):
    """A folder on a disk of 16 kB."""
    with mounted(tmp_path / "disk", "size=16k"):
        yield tmp_path / "disk"


def test_a_full_disk_is_one_sentence_and_leaves_nothing(full_disk, model):
    many = pd.DataFrame({"animal": [f"owl {i * 7919}" for i in range(20_000)], "count": range(20_000), "kilograms": 0.5})
    writers = {
        "table.parquet": lambda file: files.write_table(many, file, Weights),
        "table.csv": lambda file: files.write_table(many, file, Weights),
        "text.txt": lambda file: files.write_text("owl " * 10_000, file),
        "arrays.safetensors": lambda file: files.write_arrays({"zeros": np.zeros(10_000)}, file),
        "model": lambda folder: lm.save(model, folder),
    }
    for name, write in writers.items():
        with pytest.raises(UserError, match=f"{name}: the disk is full; nothing was written"):
            write(full_disk / name)
        assert not [file for _, _, found in os.walk(full_disk) for file in found], name
