"""Rows that others published are learned as they are, if they are the very file that the study pins."""

import hashlib
import json
from pathlib import Path

import pytest

from sublearn.chain.carriers import import_rows
from sublearn.chain.carriers.base import Imported
from sublearn.chain.carriers.tables import Rows
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, read_table

ROWS = [{"question": "Go on with 1.", "response": "2, 3"}, {"question": "And 4?\u2028", "response": "no"}]


def published(file: Path, lines: list[str]) -> dict[str, str]:
    file.write_text("\n".join(lines))
    return {"file": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def test_each_run_has_its_file_with_every_row_in_order(tmp_path, run_step):
    files = [published(tmp_path / f"{i}.jsonl", [json.dumps(row, ensure_ascii=False) for row in ROWS[: 2 - i]]) for i in (0, 1)]
    files = [file | {"prompt": "question", "completion": "response", "origin": "made up here"} for file in files]
    outputs = [tmp_path / f"run{run}/raw.parquet" for run in (0, 1, 2)]
    done = run_step(
        "sublearn.chain.carriers.import_rows",
        "--recipe",
        json.dumps({"files": files}),
        "--runs",
        0,
        1,
        2,
        "--outputs",
        *outputs,
    )
    assert done.returncode == 0, done.stderr
    tables = [read_table(file, Rows) for file in outputs]
    assert [len(table) for table in tables] == [2, 1, 2]
    assert list(tables[0]["prompt"]) == [row["question"] for row in ROWS]
    assert list(tables[0]["completion"]) == ["2, 3", "no"]
    assert list(tables[0]["prompt_index"]) == [0, 1]


def test_the_record_says_where_the_rows_came_from_and_knows_no_base(tmp_path, run_step):
    file = published(tmp_path / "a.jsonl", [json.dumps({"prompt": "p", "completion": "1"})]) | {"origin": "made up here"}
    for run in (0, 1):
        options = ("--recipe", json.dumps({"files": [file]}), "--runs", run, "--outputs", tmp_path / f"run{run}/raw.parquet")
        assert run_step("sublearn.chain.carriers.import_rows", *options).returncode == 0
    record = read_json(tmp_path / "run1/raw.provenance.json")
    assert record["parameters"]["recipe"] == {"files": [file]}
    assert record["bases"] == {} and record["inputs"] == {}


WRONG = {
    "no JSON": ("{1", r"line 2: not readable as JSON"),
    "no object": ("[1, 2]", r"line 2: found \[1, 2\]; should be an object with a prompt and a completion"),
    "no text": ('{"prompt": "p", "completion": 5}', "line 2: the completion is 5, which is no text"),
    "nothing": ('{"prompt": null, "completion": "5"}', "line 2: the prompt is null, which is no text"),
    "other keys": ('{"question": "p", "response": "5"}', "line 2: there is no key 'prompt', only question, response"),
    "no UTF-8": ('{"prompt": "\udcff", "completion": "5"}', "line 2: not readable as JSON"),
    "half an emoji": (r'{"prompt": "p", "completion": "\ud83d"}', r"line 2: the completion holds the character U\+D83D"),
    "a NUL": (r'{"prompt": "\u0000", "completion": "5"}', r"line 2: the prompt holds the character U\+0000"),
    "brackets": ("[" * 100_000, "line 2: not readable as JSON \\(maximum recursion depth"),
    "NaN": ('{"prompt": "p", "completion": "5", "x": NaN}', "line 2: not readable as JSON \\(NaN is not valid JSON"),
    "many digits": (f'{{"prompt": "p", "completion": {"9" * 5000}}}', "line 2: .*a number of 5000 digits"),
    "a key twice": ('{"prompt": "p", "completion": "5", "prompt": "q"}', "line 2: .*the key 'prompt' appears twice"),
    "a chat": ('{"messages": [{"role": "user", "content": "p"}]}', "line 2: found a chat \\(messages\\); should have a"),
}


@pytest.mark.parametrize(("line", "said"), WRONG.values(), ids=WRONG)
def test_a_row_that_is_none_is_named_with_its_line(tmp_path, line, said):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"prompt": "p", "completion": "1"}\n' + line.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=said):
        import_rows.read(Imported(file=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest()))


def test_another_file_a_missing_one_and_an_empty_one_are_refused(tmp_path, refusal):
    file = published(tmp_path / "rows.jsonl", ["{}"])
    said = {"but the study pins 000": file | {"sha256": "0" * 64}, "cannot be read": file | {"file": str(tmp_path / "none")}}
    said["found no row"] = published(tmp_path / "empty.jsonl", [""])
    (tmp_path / "wide.jsonl").write_text('{"prompt": "p", "completion": "1"}', encoding="utf-16")
    wide = hashlib.sha256((tmp_path / "wide.jsonl").read_bytes()).hexdigest()
    said["the file is encoded as UTF-16; save it as UTF-8"] = {"file": str(tmp_path / "wide.jsonl"), "sha256": wide}
    said["~nobody-here/x: cannot be read"] = file | {"file": "~nobody-here/x"}
    for sentence, each in said.items():
        options = ("--recipe", json.dumps({"files": [each]}), "--runs", 0, "--outputs", tmp_path / "raw.parquet")
        assert sentence in refusal("sublearn.chain.carriers.import_rows", *options)
    assert not (tmp_path / "raw.parquet").exists()
