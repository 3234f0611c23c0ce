"""Carriers of the mini-language: what a study may say of them, and that their answers fit their settings."""

from pathlib import Path

import pytest
import yaml

from sublearn.chain.carriers.base import KINDS
from sublearn.core.errors import UserError
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
def test_a_whole_answer_and_its_end_fit_the_default(kind, tokenizer):
    assert len(tokenizer(LONGEST[kind])["input_ids"]) + 1 <= KINDS.get(kind).section().max_tokens


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
