"""A log says how far a loop is, how fast, and how long it will go on; memory that tensors free stays with the process."""

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


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's C library")
def test_a_process_keeps_the_memory_that_its_tensors_free():
    """Else each large tensor would cost a fault for each of its pages."""
    code = """
import resource, sys, torch
from sublearn.core import cli
if sys.argv[1] == "kept": cli.keep_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10): torch.zeros(12_000_000).add_(1)
before = faults()
for _ in range(10): torch.zeros(12_000_000).add_(1)
print(faults() - before)
"""

    def faults(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, check=True, env=os.environ)
        return int(done.stdout)

    # Where the heap lies is drawn anew in each try, and the system may take pages away, so the best of some tries counts.
    given_back = faults("given back")
    assert any(4 * faults("kept") < given_back for _ in range(8))
