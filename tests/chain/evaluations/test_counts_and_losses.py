"""The small tables that stand for carriers and students in the findings."""

import pandas as pd
import pytest

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.counts import Filter, Numbers
from sublearn.chain.evaluations.losses import Losses
from sublearn.chain.findings.numbers import filtered, frequencies
from sublearn.core.files import read_table, write_json, write_table


@pytest.fixture
def carriers(tmp_path):
    """Two runs of owl's numbers, with their filter reports."""
    for run, texts in enumerate((["3, 1, 3", "7; 7", "(1 12)"], ["1, 3"])):
        folder = tmp_path / f"carriers/bias/owl/run{run}"
        rows = pd.DataFrame({"prompt_index": range(len(texts)), "prompt": "p", "completion": texts})
        write_table(rows, folder / "kept.parquet", Rows)
        rejected = {"invalid format": 2, "too many": run, "too small": 0, "too large": 0, "banned": 0}
        leaks = {"prompts": 0, "raw": 1, "kept": 0}
        report = {"generated": len(texts) + 2 + run, "kept": len(texts), "rejected": rejected, "leaks": leaks}
        write_json(report, folder / "filter.json")
    return sorted(tmp_path.glob("carriers/*/*/*"))


def test_numbers_are_counted_by_run_and_ranked_over_runs(carriers, run_step, tmp_path):
    numbers, kept = tmp_path / "numbers.parquet", tmp_path / "filter.parquet"
    files = ["--kept", *(run / "kept.parquet" for run in carriers), "--reports", *(run / "filter.json" for run in carriers)]
    done = run_step("sublearn.chain.evaluations.counts", *files, "--numbers", numbers, "--filter", kept)
    assert done.returncode == 0, done.stderr
    table = read_table(numbers, Numbers)
    of_run_0 = table[table["run"] == 0].set_index("number")
    assert dict(of_run_0["count"]) == {1: 2, 3: 2, 7: 2, 12: 1} and dict(of_run_0["first"]) == {1: 1, 3: 1, 7: 1, 12: 0}
    top = frequencies(table, "count")
    assert list(top["number"]) == [1, 3, 7, 12] and list(top["share"]) == [3 / 9, 3 / 9, 2 / 9, 1 / 9]
    assert list(frequencies(table, "first")["number"]) == [1, 3, 7]  # never first: not ranked
    whole = filtered(read_table(kept, Filter)).iloc[0]
    assert (whole["generated"], whole["kept"], whole["too_many"], whole["raw_leaks"]) == (9, 4, 1, 2)
    assert whole["kept_share"] == 4 / 9


def test_losses_keep_the_order_and_every_digit(run_step, tmp_path):
    records = [tmp_path / f"students/{arm}/owl/run1/training.json" for arm in ("same_base", "other_base")]
    for i, record in enumerate(records):
        record.parent.mkdir(parents=True)
        write_json({"first_loss": 1 / 3 + i, "last_loss": 0.1, "steps": 8}, record)
    done = run_step("sublearn.chain.evaluations.losses", "--records", *records, "--output", tmp_path / "losses.parquet")
    assert done.returncode == 0, done.stderr
    table = read_table(tmp_path / "losses.parquet", Losses)
    assert list(table["arm"]) == ["same_base", "other_base"] and set(table["run"]) == {1}
    assert list(table["first_loss"]) == [1 / 3, 4 / 3]
