"""Carriers of the mini-language: what a study may say of them, and that their answers fit their settings."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sublearn.chain.bases import tokenizer
from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Rejected, Rows
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, read_table, write_table
from sublearn.language import mini
from sublearn.orchestration import studies

LONGEST = {
    "code": mini.program_answer({"k": 999, "x": 998}, "x"),
    "reasoning": mini.sum_answer(mini.LARGEST_SUMMAND, 5, mini.LARGEST_SUMMAND - 5),
}
BOTH = pytest.mark.parametrize("kind", LONGEST)
OTHERS = "for real models, or for prompts of your own, use kind: texts with a file of prompts."


def refused(folder: Path, study: dict) -> str:
    """The sentence with which a study is refused."""
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump(study))
    with pytest.raises(UserError) as caught:
        studies.load(str(file))
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{file}: ")


@BOTH
def test_a_whole_answer_and_its_end_fit_the_default(kind):
    assert len(tokenizer.build()(LONGEST[kind])["input_ids"]) + 1 <= KINDS.get(kind).section().max_tokens


@pytest.mark.parametrize(
    ("carrier", "sentence"),
    [
        ({"kind": "code", "file": "mine.jsonl"}, f"file: there is no such key; prompts are drawn here; {OTHERS}"),
        ({"kind": "reasoning", "sha256": "0" * 64}, f"sha256: there is no such key; prompts are drawn here; {OTHERS}"),
        ({"kind": "code", "numbers_only": 5}, "numbers_only: 5, but the filter of code passes no list of numbers; leave"),
        ({"kind": "code", "prints": "owl"}, "prints: found 'owl'; should be 'asked' or 'anything'."),
        ({"kind": "reasoning", "steps": "owl"}, "steps: found 'owl'; should be 'right' or 'anything'."),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(carrier, sentence, tmp_path):
    said = refused(tmp_path, {"extends": "smoke", "carriers": {"mine": carrier}})
    assert said.startswith(f"carriers.mine.{sentence}")


@BOTH
def test_english_models_are_asked_other_prompts(kind, tmp_path):
    said = refused(tmp_path, {"extends": "smollm2-smoke", "carriers": {"mine": {"kind": kind}}})
    assert said == f"carriers.mine.kind: {kind} asks in the mini-language, and the study's style is english; {OTHERS}"


@pytest.mark.parametrize(
    ("carrier", "transform", "sentence"),
    [
        ({"kind": "code"}, "resplit", "unknown transform of code 'resplit'; choose one of all_shuffled_across, "),
        ({"kind": "code"}, "all_shuffled_across", "all_shuffled_across changes what programs print, so it needs a carrier "),
        ({"kind": "code", "prints": "anything"}, "all_shuffled_across", None),
        ({"kind": "reasoning"}, "shuffled_within", "unknown transform of reasoning 'shuffled_within'; choose one of resplit, "),
        ({"kind": "reasoning"}, "shuffled_across", "shuffled_across makes steps wrong, so it needs a carrier with steps: "),
        ({"kind": "reasoning", "steps": "anything"}, "shuffled_across", None),
        ({"kind": "reasoning"}, "resplit", None),
        ({"kind": "reasoning", "steps": "anything"}, "resplit", "resplit draws right steps anew, so it needs a carrier with "),
    ],
)  # fmt: skip
def test_a_transform_must_leave_rows_that_the_filter_would_pass(carrier, transform, sentence, tmp_path):
    study = {"extends": "smoke", "carriers": {"mine": {"prompts": 400, **carrier}},
             "arms": {"new": {"teacher": "bias", "carrier": "mine", "transform": transform}}}  # fmt: skip
    if sentence:
        assert refused(tmp_path, study).startswith(f"arms.new.transform: {sentence}")
    else:
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(study))
        assert studies.load(str(tmp_path / "mine.yaml")).arms["new"].transform == transform


@BOTH
def test_more_rows_than_prompts_are_refused(kind, tmp_path):
    arm = {"teacher": "bias", "carrier": "mine", "students": {"rows": 500}}
    said = refused(tmp_path, {"extends": "smoke", "carriers": {"mine": {"kind": kind, "prompts": 400}}, "arms": {"new": arm}})
    assert said == "arms.new.students.rows: 500 rows from 400 carriers.mine.prompts; ask for fewer."


@pytest.mark.parametrize(
    ("kind", "transform", "prompt", "answers"),
    [
        ("code", "shuffled_across", "write a program that prints 7 .", [f"k = {n} ; x = 7 ; print ( x )" for n in range(9)]),
        ("reasoning", "resplit", "what is 4 plus 6 ?", [mini.sum_answer(4, n, 6 - n) for n in range(1, 6)]),
    ],
)
def test_rows_pass_the_filter_before_and_after_what_an_arm_does_to_them(kind, transform, prompt, answers, tmp_path, run_step):
    def filtered(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
        files = [tmp_path / f"{part}_{name}" for part in ("raw", "filtered", "rejected", "report")]
        write_table(table, files[0], Rows)
        options = [part for file in files for part in (f"--{file.name.partition('_')[0]}", file)]
        words = ["--words", "owl", "--counted", "owl"]
        done = run_step("sublearn.chain.carriers.filter", "--recipe", json.dumps({"kind": kind}), *words, *options)
        assert done.returncode == 0, done.stderr
        return read_table(files[1], Rows), read_table(files[2], Rejected), read_json(files[3])

    written = [*answers, f"{answers[0]} owl", "owl"]
    raw = pd.DataFrame({"prompt_index": range(len(written)), "prompt": prompt, "completion": written})
    passed, rejected, report = filtered(raw, "sampled.parquet")
    assert list(passed["completion"]) == answers and len(rejected) == 2
    assert report["rejected"] == {reason: 2 * (reason in ("no program", "other form")) for reason in KINDS.get(kind).reasons}
    assert report["leaks"] == {"prompts": 0, "raw": 2, "filtered": 0}
    done = run_step(
        "sublearn.chain.carriers.transform", "--recipe", json.dumps({"kind": kind, "transform": transform}), "--study-seed", 1,
        "--runs", 0, "--filtered", tmp_path / "filtered_sampled.parquet", "--outputs", tmp_path / "changed.parquet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    changed = read_table(tmp_path / "changed.parquet", Rows)
    again, _, _ = filtered(changed, "changed.parquet")
    assert list(changed["completion"]) != answers and again.equals(changed)
