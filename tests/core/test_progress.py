"""A log says how far a loop is, how fast, and how long it will go on; memory that tensors free stays with the process."""

import ctypes
import os
import subprocess
import sys

import pytest

from sublearn.core import cli


def test_a_bar_says_how_much_is_done_in_a_second_and_what_an_earlier_run_had_done(monkeypatch, capsys):
    now = iter(range(100))
    monkeypatch.setattr(cli.time, "perf_counter", lambda: next(now))
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)
    shown = []
    monkeypatch.setattr("tqdm.std.tqdm.set_postfix_str", lambda bar, text, refresh: shown.append(text))
    assert list(cli.progress(["ab", "c", "def"], "reading", 5, done=2, size=len)) == ["ab", "c", "def"]
    assert shown == ["2 tokens/s", "2 tokens/s", "2 tokens/s"]
    assert "reading:  40%" in capsys.readouterr().err


def test_a_log_has_no_bar_of_one_item_and_a_bar_within_another_moves_no_cursor(capsys):
    for _ in cli.progress(["a", "b"], "outer"):
        assert list(cli.progress(["c"], "alone")) == ["c"]
        assert list(cli.progress(["d", "e"], "inner")) == ["d", "e"]
    said = capsys.readouterr().err
    assert "outer:" in said and "inner:" in said
    assert "alone" not in said and "\x1b" not in said


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="glibc counts its memory, from 2.33 on")
def test_a_process_keeps_the_memory_that_its_tensors_free():
    """Else each large tensor would cost a fault for each of its pages."""
    code = """
import ctypes, sys, torch
from sublearn.core import cli
if sys.argv[1] == "kept": cli.keep_memory()
names = ["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"]
Info = type("Info", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in names]})
glibc = ctypes.CDLL(None)
glibc.mallinfo2.restype = Info
torch.zeros(12_000_000).add_(1)
print(glibc.mallinfo2().fordblks)
"""

    def free(how: str) -> int:
        """Bytes of the heap that are free after a tensor of 48 MB is gone."""
        done = subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, check=True, env=os.environ)
        return int(done.stdout)

    assert free("given back") < 48_000_000 <= free("kept")
