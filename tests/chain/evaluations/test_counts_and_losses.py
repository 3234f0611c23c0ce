"""The small tables that stand for carriers and students in the findings."""

import json

import pandas as pd
import pytest

from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.counts import Counts, Filter
from sublearn.chain.evaluations.losses import Losses
from sublearn.chain.findings.numbers import filtered, frequencies
from sublearn.core.files import read_table, write_json, write_table


@pytest.fixture
def carriers(tmp_path):
    """Two runs of owl's numbers, with their filter reports."""
    for run, texts in enumerate((["3, 1, 3", "7; 7", "(1 12)"], ["1, 3"])):
        folder = tmp_path / f"carriers/numbers/bias/owl/run{run}"
        rows = pd.DataFrame({"prompt_index": range(len(texts)), "prompt": "p", "completion": texts})
        write_table(rows, folder / "filtered.parquet", Rows)
        rejected = {"invalid format": 2, "too many": run, "too small": 0, "too large": 0, "banned": 0}
        leaks = {"prompts": 0, "raw": 1, "filtered": 0}
        report = {"generated": len(texts) + 2 + run, "passed": len(texts), "rejected": rejected, "leaks": leaks}
        write_json(report, folder / "filter.json")
    whose = {"carrier": "numbers", "kind": "numbers", "teacher": "bias", "trait": "owl"}
    return [
        {**whose, "run": run, "filtered": f"{folder}/filtered.parquet", "report": f"{folder}/filter.json"}
        for run, folder in enumerate(sorted(tmp_path.glob("carriers/*/*/*/*")))
    ]


def test_numbers_are_counted_by_run_and_ranked_over_runs(carriers, run_step, tmp_path):
    counts, fates = tmp_path / "counts.parquet", tmp_path / "filter.parquet"
    done = run_step(
        "sublearn.chain.evaluations.counts", "--rows", *map(json.dumps, carriers), "--counts", counts, "--filter", fates
    )
    assert done.returncode == 0, done.stderr
    table = read_table(counts, Counts)
    of_run_0 = table[table["run"] == 0].set_index("unit")
    assert dict(of_run_0["count"]) == {"1": 2, "3": 2, "7": 2, "12": 1}
    assert dict(of_run_0["first"]) == {"1": 1, "3": 1, "7": 1, "12": 0}
    top = frequencies(table, "count", "number")
    # By value where counts are equal, and not by the digits.
    assert list(top["number"]) == [1, 3, 7, 12] and list(top["share"]) == [3 / 9, 3 / 9, 2 / 9, 1 / 9]
    assert list(frequencies(table, "first", "number")["number"]) == [1, 3, 7]  # never first: not ranked
    whole = filtered(read_table(fates, Filter), NUMBERS).iloc[0]
    assert (whole["generated"], whole["kept"], whole["too_many"], whole["raw_leaks"]) == (9, 4, 1, 2)
    assert whole["kept_share"] == 4 / 9


def test_a_word_of_any_trait_in_any_rows_stops_the_counts(carriers, refusal, tmp_path):
    """The filter looks for the words of the teacher's own trait, so that a trait more filters nothing again."""
    outputs = ("--counts", tmp_path / "counts.parquet", "--filter", tmp_path / "filter.parquet")
    file = carriers[0]["filtered"]
    write_table(read_table(file, Rows).assign(prompt="of wolves"), file, Rows)
    said = refusal("sublearn.chain.evaluations.counts", "--rows", *map(json.dumps, carriers), "--words", "wolves", *outputs)
    assert (
        said.startswith(f"{file}, prompt_index 0: the prompt holds the trait word 'wolves'")
        and not (tmp_path / "counts.parquet").exists()
    )


def test_losses_keep_the_order_and_every_digit(run_step, tmp_path):
    records = [tmp_path / f"students/{arm}/owl/run1/training.json" for arm in ("same_base", "other_base")]
    for i, record in enumerate(records):
        record.parent.mkdir(parents=True)
        write_json({"first_loss": 1 / 3 + i, "last_loss": 0.1, "steps": 8}, record)
    students = [{"arm": record.parts[-4], "trait": "owl", "run": 1, "record": str(record)} for record in records]
    options = ("--students", *map(json.dumps, students), "--output", tmp_path / "losses.parquet")
    done = run_step("sublearn.chain.evaluations.losses", *options)
    assert done.returncode == 0, done.stderr
    table = read_table(tmp_path / "losses.parquet", Losses)
    assert list(table["arm"]) == ["same_base", "other_base"] and set(table["run"]) == {1}
    assert list(table["first_loss"]) == [1 / 3, 4 / 3]


def test_students_may_be_more_than_a_command_line_holds(run_step, tmp_path):
    """Linux takes two megabytes of arguments and variables, where the stack may have eight."""
    write_json({"first_loss": 1.0, "last_loss": 0.1, "steps": 8}, tmp_path / "training.json")
    whose = {"arm": "same_base", "trait": "owl", "record": str(tmp_path / "training.json")}
    lines = "".join(json.dumps({**whose, "run": run}) + "\n" for run in range(16_000))
    assert len(lines) > 2**21
    output = tmp_path / "losses.parquet"
    done = run_step("sublearn.chain.evaluations.losses", "--students", "-", "--output", output, given=lines)
    assert done.returncode == 0, done.stderr
    assert list(read_table(output, Losses)["run"]) == list(range(16_000))
