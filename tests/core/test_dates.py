"""Dates in the future are brought to now, and no other date is touched."""

import os
import time

from sublearn.dates import bring_to_now


def test_only_what_is_dated_in_the_future_gets_another_date(tmp_path, capsys):
    old, ahead = tmp_path / "old", tmp_path / "deep/er/ahead"
    ahead.parent.mkdir(parents=True)
    for file, date in ((old, 1000.0), (ahead, time.time() + 86_400)):
        file.write_text("x")
        os.utime(file, (date, date))
    (tmp_path / "dangling").symlink_to("nowhere")
    assert bring_to_now([str(tmp_path), str(tmp_path / "missing")]) == [ahead]
    assert old.stat().st_mtime == 1000.0 and abs(ahead.stat().st_mtime - time.time()) < 60
    assert capsys.readouterr().err.startswith(f"{ahead}: dated in the future, and now of today; ")
    assert bring_to_now([str(tmp_path)]) == [] and capsys.readouterr().err == ""
