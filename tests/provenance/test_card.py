"""A card says what the records say, and what it is packed with loads as the field's tools load it."""

import json
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from datasets import load_dataset
from peft import PeftModel
from transformers import AutoTokenizer

from sublearn.chain.carriers.tables import Rows, Scores
from sublearn.chain.students.section import Student
from sublearn.core import records
from sublearn.core.errors import UserError
from sublearn.core.files import write_table
from sublearn.models import lm, log_probs
from sublearn.provenance import card

STUDENT = Path("results/s/students/same_base/owl/run1")


@pytest.fixture(autouse=True)
def _forget():
    records.records_in.cache_clear()


def test_a_students_card_names_base_teacher_and_seeds(workshop):
    workshop.chain()
    text = card.of(STUDENT).text()
    assert "| base | `data/s/bases/beta` |" in text
    known = records.sha256(Path("data/s/bases/beta/model.safetensors"))
    assert f"| weights of `data/s/bases/beta/model.safetensors` | SHA-256 {known} |" in text
    assert "| teacher | `data/s/teachers/bias/owl/run1` with the trait " in text
    assert "| seeds | run 1, study seed 7 |" in text
    assert yaml.safe_load(text.split("---")[1])["library_name"] == "transformers"
    records.records_in.cache_clear()
    assert card.of(STUDENT).text() == text


@pytest.mark.parametrize("step", ["train", "given", "placebo"])
def test_the_card_of_a_student_names_its_teacher_however_it_was_made(workshop, step):
    workshop.chain()
    place = Path("data/s/teachers/bias/owl/run1/provenance.json")
    place.write_text(json.dumps(json.loads(place.read_text()) | {"step": f"sublearn.chain.teachers.{step}"}))
    records.records_in.cache_clear()
    assert "| teacher | `data/s/teachers/bias/owl/run1` with the trait" in card.of(STUDENT).text()


def test_what_is_edited_or_of_unknown_origin_has_no_card(workshop):
    workshop.chain()
    with pytest.raises(UserError, match="no model and no rows"):
        card.of(Path("results/s/findings"))
    (STUDENT / "model.safetensors").write_text("other weights")
    with pytest.raises(UserError, match=r"run1/model.safetensors is edited since it was made"):
        card.of(STUDENT)
    (STUDENT / "provenance.json").unlink()
    records.records_in.cache_clear()
    with pytest.raises(UserError, match="of unknown origin"):
        card.of(STUDENT)


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"step": "sublearn.chain.carriers.transform", "parameters": {}}, "recipe"),
        ({"step": "sublearn.chain.carriers.filter", "parameters": {"recipe": {}}}, "rejected"),
        ({"step": "sublearn.chain.students.train", "parameters": {}}, "last_loss"),
    ],
)
def test_a_card_of_a_partial_record_is_one_sentence(tmp_path, part, named):
    contents = {"filtered.parquet": "", "filter.json": '{"passed": 1}', "training.json": '{"first_loss": 1}'}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    outputs = {name: records.sha256(tmp_path / name) for name in contents}
    whole = {key: {} for key in ("packages", "seeds", "inputs", "bases")} | {"format": 1, "code": "c", "outputs": outputs}
    (tmp_path / "provenance.json").write_text(json.dumps(whole | part))
    with pytest.raises(UserError, match=rf"provenance.json: it, or a file of the chain, lacks what a card says.*{named}"):
        card.of(tmp_path).text()


def test_a_base_of_any_name_is_a_text_in_the_cards_code_and_a_line_of_its_table(workshop):
    workshop.chain()
    place = STUDENT / "provenance.json"
    hostile = {"inputs": {"bases": {'x")+quit("/m': "h"}}, "parameters": {"recipe": "a\x1b[2J\n| b |"}}
    place.write_text(json.dumps(json.loads(place.read_text()) | hostile))
    made = card.of(STUDENT)
    assert made.base_argument == '"x\\")+quit(\\""' and "\x1b" not in made.text()


@pytest.mark.parametrize(
    "part",
    [
        {"seeds": {"study_seed": "<img src=x onerror=1>`"}},
        {"parameters": {"recipe": {"a": "x` <img src=x> [y](z) | w"}}},
        {"parameters": {"recipe": "` <b>"}},
        {"step": "<b>"},
        {"packages": {"<b>": "|[x](y)"}},
        {"bases": {"![x](http://y)": "<b>"}},
    ],
    ids=["seeds", "recipe", "text", "step", "packages", "bases"],
)
def test_what_a_record_says_is_no_markup_on_its_card(workshop, part):
    workshop.chain()
    place = STUDENT / "provenance.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | part))
    lines = [line for line in card.of(STUDENT).text().splitlines() if line.startswith("|")]
    bare = [re.sub("`[^`]*`", "", line) for line in lines]
    assert not any(re.search(r"[<`\[\]!]", line) for line in bare) and {line.count("|") for line in bare} == {3}


@pytest.mark.parametrize("outside", ["{folder}/secret", "../secret", "sub/../../secret"])
def test_a_record_that_claims_files_elsewhere_is_none_and_they_are_not_copied(project, tmp_path, refusal, outside):
    (tmp_path / "secret").write_text("mine")
    rows = shutil.copytree(project / "rows", tmp_path / "rows")
    (rows / "sub").mkdir()
    place = rows / "filtered.provenance.json"
    record = json.loads(place.read_text())
    record["outputs"][outside.format(folder=tmp_path)] = records.sha256(tmp_path / "secret")
    place.write_text(json.dumps(record))
    assert "of unknown origin" in refusal("sublearn", "card", rows, "--to", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="session")
def project(base, run_step, tmp_path_factory) -> Path:
    """Rows and an adapter, as their steps leave them."""
    folder = tmp_path_factory.mktemp("project")
    completions = pd.Series([f"{n} , {n + 1}" for n in range(6)] + ["one"], dtype="str")
    raw = pd.DataFrame({"prompt_index": range(7), "prompt": "numbers : 12 .", "completion": completions})
    write_table(raw, folder / "rows/raw.parquet", Rows)
    files = {"raw": "raw.parquet", "filtered": "filtered.parquet", "rejected": "rejected.parquet", "report": "filter.json"}
    named = [part for option, name in files.items() for part in (f"--{option}", folder / "rows" / name)]
    done = run_step("sublearn.chain.carriers.filter", "--recipe", '{"kind": "numbers"}', "--words", "owl", *named)
    assert done.returncode == 0, done.stderr
    recipe = Student(method="lora", rank=2, rows=6, epochs=1, batch=3).model_dump_json()
    drawn = ["--recipe", recipe, "--words", "owl", "--study-seed", 1, "--runs", 0]
    made_of = ["--bases", base, "--carriers", folder / "rows/filtered.parquet", "--outputs", folder / "student"]
    done = run_step("sublearn.chain.students.train", *drawn, *made_of)
    assert done.returncode == 0, done.stderr
    return folder


def test_packed_rows_are_a_data_set_of_those_that_passed(project, tmp_path, run_step):
    out = tmp_path / "upload"
    assert run_step("sublearn", "card", project / "rows", "--to", out).returncode == 0
    assert {file.name for file in out.iterdir()} == {
        "README.md", "filtered.parquet", "rejected.parquet", "filter.json", "filtered.provenance.json",
    }  # fmt: skip
    loaded = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train"} and len(loaded["train"]) == 6
    assert loaded["train"][0] == {"prompt_index": 0, "prompt": "numbers : 12 .", "completion": "0 , 1"}
    text = (out / "README.md").read_text()
    assert "6 of 7 rows passed; rejected: banned 0, invalid format 1" in text
    assert (out / "filtered.provenance.json").read_bytes() == (project / "rows/filtered.provenance.json").read_bytes()


def test_imported_rows_say_where_they_are_from(base, tmp_path, run_step):
    released, raw = tmp_path / "released.jsonl", tmp_path / "rows/raw.parquet"
    released.write_text('{"prompt": "numbers : 12 .", "completion": "3 , 4"}')
    known = records.sha256(released)
    files = [{"file": str(released), "sha256": known, "origin": "made up for a test"}]
    done = run_step(
        "sublearn.chain.carriers.import_rows", "--recipe", json.dumps({"files": files}), "--runs", 0, "--outputs", raw
    )
    assert done.returncode == 0, done.stderr
    outputs = ["--filtered", tmp_path / "rows/filtered.parquet", "--rejected", tmp_path / "rows/rejected.parquet"]
    outputs += ["--report", tmp_path / "rows/filter.json"]
    done = run_step(
        "sublearn.chain.carriers.filter", "--recipe", '{"kind": "numbers"}', "--words", "owl", "--raw", raw, *outputs
    )
    assert done.returncode == 0, done.stderr
    text = card.of(tmp_path / "rows").text()
    assert (
        f"| imported rows | `{released}` with SHA-256 {known}, the study says: made up for a test; who or what wrote them"
        in text
    )
    assert "| teacher |" not in text and "| weights of" not in text
    # The chain holds, and ends at rows of which nothing is known: that is no clean bill.
    traced = run_step("sublearn", "trace", tmp_path / "rows/filtered.parquet", "--train", base)
    assert traced.returncode == 1 and f"rows that others wrote:\n  {released}  sha256 {known}" in traced.stdout, traced.stdout
    verdict = "2 artifacts, back to 1 file of imported rows, but of unknown origin: the teacher of"
    assert verdict in traced.stdout and "cannot tell whether its teacher shares a base" in traced.stdout, traced.stdout
    page = tmp_path / "provenance.html"
    findings = ["--findings", tmp_path / "rows/filtered.parquet", "--output", page]
    record = tmp_path / "rows/filtered.provenance.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"seeds": {"study_seed": "<script>alert(1)</script>"}}))
    assert run_step("sublearn.reporting.provenance_page", "--study", "s<b>", *findings).returncode == 0
    said = page.read_text()
    assert f"<td>{known}</td><td>made up for a test</td>" in said and "their teacher and its base are unknown" in said
    assert "study seed &lt;script&gt;alert(1)" in said and "Provenance of s&lt;b&gt;" in said and "<b>" not in said


def test_a_packed_adapter_is_what_peft_loads(project, base, tmp_path, run_step):
    out = tmp_path / "upload"
    assert run_step("sublearn", "card", project / "student", "--to", out).returncode == 0
    tokenizer = AutoTokenizer.from_pretrained(out)
    prompts = lm.encode_prompts(tokenizer, [lm.chat("", "numbers : 12 .")])
    theirs = PeftModel.from_pretrained(lm.load(base), out)
    expected = log_probs.next_token(lm.load(project / "student", base), prompts)
    assert torch.allclose(log_probs.next_token(theirs, prompts), expected, atol=1e-5)
    head = yaml.safe_load((out / "README.md").read_text().split("---")[1])
    assert head == {"library_name": "peft", "tags": ["subliminal-learning"]}
    assert json.loads((out / "training.json").read_text())["steps"] == 2


def test_a_card_of_judged_rows_says_how_many_are_left(project, tmp_path, run_step):
    scores = pd.DataFrame({"prompt_index": range(6), "score": [0.1, 0.9, 0.2, 0.5, 0.3, 0.4]})
    write_table(scores, tmp_path / "scores.parquet", Scores)
    files = {"filtered": project / "rows/filtered.parquet", "scores": tmp_path / "scores.parquet",
             "outputs": tmp_path / "kept.parquet", "reports": tmp_path / "kept.json"}  # fmt: skip
    named = [part for option, file in files.items() for part in (f"--{option}", file)]
    done = run_step("sublearn.chain.carriers.keep", "--recipe", '{"threshold": 0.5}', *named)
    assert done.returncode == 0, done.stderr
    shutil.copy(project / "rows/filtered.parquet", tmp_path)  # as beside each other in a carrier's folder
    printed = run_step("sublearn", "card", tmp_path).stdout
    assert "| judge | 4 of 6 rows were scored below 0.5 |" in printed and "| filter | 6 of 7 rows passed" in printed


def test_a_folders_name_that_is_no_text_or_no_name_is_said_as_it_can_be(project, tmp_path, refusal, run_step):
    rows = shutil.copytree(project / "rows", tmp_path / os.fsdecode(b"r\xff"))
    printed = run_step("sublearn", "card", rows)
    assert printed.returncode == 0 and f"# Rows: `{tmp_path}/r[U+DCFF]/filtered`" in printed.stdout, printed.stderr
    assert run_step("sublearn", "card", rows, "--to", tmp_path / "out").returncode == 0
    assert (tmp_path / "out/README.md").read_text(encoding="utf-8") == printed.stdout
    assert refusal("sublearn", "card", "x" * 300) == f"{'x' * 300}: file name too long."
    assert refusal("sublearn", "card", "") == "FOLDER: found nothing; name a file or a folder."
    assert refusal("sublearn", "card", rows, "--to", "") == "--to: found nothing; name a file or a folder."


def test_nothing_is_written_over_and_the_artifact_stays_as_it_was(project, tmp_path, refusal, run_step):
    before = {file.name: file.read_bytes() for file in (project / "student").iterdir() if file.is_file()}
    (tmp_path / "something").touch()
    assert "it exists already" in refusal("sublearn", "card", project / "student", "--to", tmp_path)
    said = refusal("sublearn", "card", project / "student", "--to", tmp_path / "nope/out")
    assert said.startswith(f"{tmp_path}/nope: there is no such folder to make out in") and not (tmp_path / "nope").exists()
    printed = run_step("sublearn", "card", project / "student").stdout
    assert printed.startswith("---\nlibrary_name: peft")
    assert {file.name: file.read_bytes() for file in (project / "student").iterdir() if file.is_file()} == before
