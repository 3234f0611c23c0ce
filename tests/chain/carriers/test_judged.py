"""The judge of a carrier: it scores the rows that passed the filter, and a threshold leaves some out."""

import argparse
import json

import pandas as pd
import pytest

from sublearn.chain.carriers import score
from sublearn.chain.carriers.base import RowJudge
from sublearn.chain.carriers.tables import Rows, Scores
from sublearn.core.files import read_json, read_table, write_table
from sublearn.measures import judges

ROWS = pd.DataFrame({"prompt_index": [0, 3, 4], "prompt": ["a", "b", "c"], "completion": ["rose", "grass", "rose"]})
RUBRIC = {"model": "judy", "rubric": "what color is the {answer} ?", "yes": "red", "no": "green"}


def files(folder, **names: str) -> dict[str, list[str]]:
    return {name: [str(folder / file)] for name, file in names.items()}


def test_each_row_has_the_score_that_the_judge_gives_its_completion(base, tmp_path, monkeypatch):
    monkeypatch.setattr(judges, "LEAST", 1e-9)  # the base has hardly begun to learn
    write_table(ROWS, tmp_path / "filtered.parquet", Rows)
    recipe = RowJudge(judge=RUBRIC, threshold=0.2).for_scores() | {"judges": {"judy": str(base)}}
    named = files(tmp_path, filtered="filtered.parquet", outputs="scores.parquet")
    score.main(argparse.Namespace(recipe=json.dumps(recipe), **named))
    found = read_table(tmp_path / "scores.parquet", Scores)
    assert found["prompt_index"].tolist() == [0, 3, 4]
    assert found["score"].tolist() == judges.Judges({"judy": str(base)}).of({"judge": RUBRIC}).scores(
        ROWS["prompt"].tolist(), ROWS["completion"].tolist()
    ).tolist()  # fmt: skip


def kept(folder, threshold: float) -> list[str]:
    """The options of the step, for three rows of which two have one score; what it reads lies in the folder."""
    write_table(ROWS, folder / "filtered.parquet", Rows)
    write_table(pd.DataFrame({"prompt_index": [4, 0, 3], "score": [0.3, 0.7, 0.3]}), folder / "scores.parquet", Scores)
    named = files(folder, filtered="filtered.parquet", scores="scores.parquet", outputs="kept.parquet", reports="kept.json")
    return ["--recipe", json.dumps({"threshold": threshold}), *(part for name in named for part in (f"--{name}", *named[name]))]


@pytest.mark.parametrize(("threshold", "left"), [(0.5, [3, 4]), (0.7, [3, 4]), (0.71, [0, 3, 4])])
def test_rows_at_the_threshold_or_above_are_left_out_and_the_others_keep_their_order(tmp_path, run_step, threshold, left):
    done = run_step("sublearn.chain.carriers.keep", *kept(tmp_path, threshold))
    assert done.returncode == 0, done.stderr
    assert read_table(tmp_path / "kept.parquet", Rows).equals(ROWS[ROWS["prompt_index"].isin(left)].reset_index(drop=True))
    assert read_json(tmp_path / "kept.json") == {"there": 3, "kept": len(left), "threshold": threshold}


def test_a_judge_that_leaves_nothing_is_one_sentence(tmp_path, refusal):
    said = refusal("sublearn.chain.carriers.keep", *kept(tmp_path, 0.3))
    assert said == (
        f"{tmp_path}/filtered.parquet: its judge scored all of its 3 rows 0.3 or higher, so no student can be trained; raise "
        "the threshold, or take another judge."
    )
    assert not (tmp_path / "kept.parquet").exists()
