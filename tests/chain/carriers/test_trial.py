"""The filter is tried on a teacher's first completions: a study that cannot reach its rows stops then, with the numbers."""

import argparse
import json

import pandas as pd
import pytest

from sublearn.chain.carriers import sample
from sublearn.chain.carriers.base import Sampling
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.reasoning.section import Reasoning
from sublearn.chain.carriers.tables import Prompts, Rows
from sublearn.chain.carriers.trial import Trial, at_most
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_json, write_table


def trial(rows: int, prompts: int = 2000) -> Trial:
    return Trial({"kind": "numbers", "rows": rows} | Numbers().for_filter(), ["numbers : 5 ."] * prompts, "carrier of x", list)


def test_a_study_stops_where_even_luck_would_not_reach_its_rows():
    texts = ["1, 2"] * 30 + ["words"] * 260 + ["1000"] * 10
    most = round(at_most(30, 300) * 2000)
    assert 200 < most < 360
    trial(most)(list(range(300)), texts)
    with pytest.raises(UserError) as error:
        trial(most + 1)(list(range(300)), texts)
    assert str(error.value) == (
        "carrier of x: 30 of the first 300 completions pass the filter (invalid format: 260, too large: 10), so 2000 prompts "
        f"leave about 200 rows, at most {most}, and students learn {most + 1}; about {11 * (most + 1)} prompts would do, or "
        "keep the teacher to numbers (numbers_only), or lower students.rows."
    )
    trial(2000)(list(range(300)), ["1, 2"] * 300)
    with pytest.raises(UserError, match="no number of prompts would do, or keep the teacher to numbers"):
        trial(500)(list(range(300)), ["words"] * 300)
    sums = Trial({"kind": "reasoning", "rows": 500} | Reasoning().for_filter(), ["words"] * 2000, "carrier of x", list)
    with pytest.raises(UserError, match=r"no number of prompts would do, or lower students\.rows\.$"):
        sums(list(range(300)), ["words"] * 300)


@pytest.mark.parametrize("passed", [0, 1, 30, 299, 300])
def test_a_share_is_at_most_what_wilsons_interval_says(passed):
    """Its end solves (found - share)^2 = 9 share (1 - share) / tried."""
    share, most = passed / 300, at_most(passed, 300)
    assert (most - share) ** 2 == pytest.approx(9 * most * (1 - most) / 300)
    assert most >= share - 1e-12


def test_the_step_stops_after_its_first_completions_and_its_record_does_not_name_the_trial(base, tmp_path):
    write_table(pd.DataFrame({"prompt_index": range(900), "prompt": "numbers : 12 , 500 ."}), tmp_path / "p.parquet", Prompts)
    (tmp_path / "teacher").mkdir()
    write_json({"system": ""}, tmp_path / "teacher/teacher.json")

    def options(rows: int, output: str, **recipe) -> dict:
        told = json.dumps({"kind": "numbers", "rows": rows} | Numbers().for_filter())
        files = {"prompts": "p.parquet", "bases": base, "teachers": "teacher", "outputs": output}
        asked = Sampling(max_tokens=6, batch=300, **recipe).model_dump_json()
        named = {name: [str(tmp_path / file)] for name, file in files.items()}
        return {"teacher": "a/owl", "recipe": asked, "trial": told, "study_seed": 1, "runs": [0], **named}

    with pytest.raises(UserError, match=r"^carrier of a/owl, run 0: \d+ of the first 300 .* students learn 900;"):
        sample.main(argparse.Namespace(**options(900, "raw.parquet")))
    assert not (tmp_path / "raw.parquet").exists()
    kept = argparse.Namespace(**options(900, "raw.parquet", numbers_only=2))
    sample.main(kept)
    assert not hasattr(kept, "trial")
    rows = read_table(tmp_path / "raw.parquet", Rows)
    assert rows["completion"].str.fullmatch("[0-9]{1,3} [0-9]{1,3}").all()
