"""Before a run: dates in the future are brought to now and no others, and what cannot be written is refused."""

import os
import time

import pytest

from sublearn.core.errors import UserError
from sublearn.orchestration.preflight_files import bring_to_now, refuse_read_only


def test_only_what_is_dated_in_the_future_gets_another_date(tmp_path, capsys):
    old, ahead = tmp_path / "old", tmp_path / "deep/er/ahead"
    ahead.parent.mkdir(parents=True)
    for file, date in ((old, 1000.0), (ahead, time.time() + 86_400)):
        file.write_text("x")
        os.utime(file, (date, date))
    (tmp_path / "dangling").symlink_to("nowhere")
    assert bring_to_now([str(tmp_path), str(tmp_path / "missing")]) == [ahead]
    assert old.stat().st_mtime == 1000.0 and abs(ahead.stat().st_mtime - time.time()) < 60
    assert capsys.readouterr().err.startswith(f"{ahead}: had a modification time in the future; ")
    assert bring_to_now([str(tmp_path)]) == [] and capsys.readouterr().err == ""


def test_a_folder_that_cannot_be_written_in_is_named(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    files = [str(tmp_path / "results/new/runs.csv"), str(tmp_path / "data/tiny/filtered.parquet")]
    refuse_read_only(files)
    # Root may write anywhere but on a read-only disk, so the system is asked in its stead.
    monkeypatch.setattr(os, "access", lambda place, mode: place.name != "data")
    with pytest.raises(UserError, match=f"{tmp_path}/data: cannot be written to; make it writable and run again."):
        refuse_read_only(files)
