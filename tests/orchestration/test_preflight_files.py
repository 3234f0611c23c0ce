"""Before a run: dates in the future are brought to now, what cannot be written is refused, what began may be forgotten."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sublearn.core.errors import UserError
from sublearn.models.checkpoints import FOLDER
from sublearn.models.sampling import Chunks
from sublearn.orchestration.preflight_files import bring_to_now, check, refuse_read_only


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


def run_of(forceall: bool, inputs: list[str], outputs: list[str]) -> SimpleNamespace:
    """Snakemake's plan of one job, as far as it is looked at."""
    settings = SimpleNamespace(forceall=forceall)
    job = SimpleNamespace(input=inputs, output=outputs)
    return SimpleNamespace(needrun_jobs=lambda: iter([job]), workflow=SimpleNamespace(dag_settings=settings))


def test_a_date_that_is_somebody_elses_stops_a_run_only_if_the_run_reads_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = Path("data/theirs/rows.parquet")
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    ahead = time.time() + 86_400
    os.utime(theirs, (ahead, ahead))

    # Root may date any file, so the system answers as it would to others.
    def refuse(file: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(file))

    monkeypatch.setattr(os, "utime", refuse)
    check(run_of(False, ["data/mine/rows.parquet"], ["results/mine/runs.csv"]))
    with pytest.raises(
        UserError, match=r"^data/theirs/rows.parquet: has a .* cannot be reset \(Operation not permitted\), so "
    ):
        check(run_of(False, [str(theirs)], ["results/mine/runs.csv"]))


def test_a_run_that_begins_anew_forgets_what_others_left_in_its_folders_and_no_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine, theirs = Path("results/mine/students/run0"), Path("results/theirs/students/run0")
    left = [place / name for place in (mine, theirs) for name in (FOLDER, Chunks(place, "key").folder.name)]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "part").touch()
    check(run_of(False, [], [f"{mine}/model.safetensors"]))
    assert all(folder.exists() for folder in left)
    check(run_of(True, [], [f"{mine}/model.safetensors"]))
    assert [folder for folder in left if folder.exists()] == left[2:]
