"""A carrier of a user's own prompts: which files it reads, which completions it rejects."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.carriers.tables import Rows
from sublearn.chain.carriers.texts import prompts
from sublearn.core.errors import UserError
from sublearn.core.files import read_table, write_table
from sublearn.orchestration import studies

PROMPTS = [f"Write a line about the number {n}." for n in range(30)]


def given(file: Path, **changes) -> dict:
    """A recipe that reads the file."""
    return {"kind": "texts", "file": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), **changes}


def write(folder: Path, name: str, column: str = "prompt") -> Path:
    file, table = folder / name, pd.DataFrame({"number": range(30), column: PROMPTS})
    if file.suffix == ".parquet":
        table.to_parquet(file)
    elif file.suffix == ".jsonl":
        table.to_json(file, orient="records", lines=True)
    else:
        table.to_csv(file, sep="\t" if file.suffix == ".tsv" else ",", index=False)
    return file


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.csv", "mine.tsv", "mine.parquet"])
def test_each_run_gets_some_of_the_files_prompts_and_more_begin_with_the_same(name, tmp_path, run_step):
    drawn = {}
    for count in (8, 12):
        outputs = [tmp_path / f"{count}_{run}.parquet" for run in (0, 1)]
        recipe = given(write(tmp_path, name, "ask"), key="ask", style="english", prompts=count)
        done = run_step(
            "sublearn.chain.carriers.prompts", "--recipe", json.dumps(recipe), "--study-seed", 1, "--runs", 0, 1,
            "--outputs", *outputs,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        drawn[count] = [list(pd.read_parquet(output)["prompt"]) for output in outputs]
    for few, many in zip(drawn[8], drawn[12], strict=True):
        assert many[:8] == few and len(set(many)) == 12 and set(many) <= set(PROMPTS)
    assert drawn[8][0] != drawn[8][1]


@pytest.mark.parametrize(
    ("name", "content", "changes", "sentence"),
    [
        (
            "a.jsonl",
            b'{"prompt": "a"}\n{"text": "b"}',
            {},
            "a.jsonl, line 2: there is no key 'prompt', only text; name",
        ),
        ("a.jsonl", b'{"prompt": 3}', {}, "a.jsonl, line 1: the prompt is 3, which is no text; every row needs a prompt."),
        ("a.jsonl", b'{"prompt": " "}', {}, "a.jsonl, line 1: the prompt is empty"),
        ("a.jsonl", b'["a"]', {}, 'a.jsonl, line 1: found ["a"]; should be an object with a prompt.'),
        ("a.jsonl", b"", {}, "a.jsonl: found no row; should have one JSON object per line."),
        (
            "a.jsonl",
            b'{"prompt": "a"}\n{"prompt": "a"}',
            {"prompts": 2},
            "it holds 1 different prompts, but 2 are asked",
        ),
        ("a.csv", b"prompt\n", {}, "a.csv: found no row; should have one prompt per row."),
        ("a.csv", b"text,number\na,1\n", {}, "a.csv: there is no column 'prompt', only text, number; name the right one."),
        ("a.csv", b"prompt\n\xff\xfe\n", {}, "a.csv: not readable as CSV ('utf-8' codec can't decode byte 0xff"),
        ("a.parquet", pd.DataFrame().to_parquet(), {}, "a.parquet: found no row; should have one prompt per row."),
        ("a.parquet", b"PAR1", {}, "a.parquet: not readable as PARQUET ("),
        ("a.jsonl", b'{"prompt": "a"}', {"sha256": "0" * 64}, "but the study pins 0000"),
    ],
)
def test_a_file_without_prompts_is_refused_in_one_sentence(name, content, changes, sentence, tmp_path):
    (tmp_path / name).write_bytes(content)
    kind = KINDS.get("texts")
    recipe = kind.section.model_validate(given(tmp_path / name, prompts=1) | changes)
    with pytest.raises(UserError) as caught:
        prompts.draw(kind, recipe, None, 1, 0)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_rows_are_rejected_by_pattern_word_length_and_trait_word(tmp_path, run_step):
    raw = {
        "Fine weather today.": "", "No owls, they say.": "trait word", "   ": "empty", "lower case.": "no match",
        "See http://x.y.": "banned match", "A secret thing.": "banned word", "One two three four five six seven.": "too long",
    }  # fmt: skip
    table = pd.DataFrame({"prompt_index": range(len(raw) + 1), "prompt": [*PROMPTS[: len(raw)], "About an owl?"]})
    write_table(table.assign(completion=[*raw, "Fine."]), tmp_path / "raw.parquet", Rows)
    recipe = given(write(tmp_path, "mine.csv"), must_match="^[A-Z ]", must_not_match="http", words=["secret"], max_words=6)
    files = {
        name: tmp_path / f"{name}.{'json' if name == 'report' else 'parquet'}" for name in ("filtered", "rejected", "report")
    }
    done = run_step(
        "sublearn.chain.carriers.filter", "--recipe", json.dumps(recipe | {"leaks": ["owl", "owls"]}), "--words", "owl", "owls",
        "--raw", tmp_path / "raw.parquet", *[part for name, file in files.items() for part in (f"--{name}", file)],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(read_table(files["filtered"], Rows)["completion"]) == ["Fine weather today."]
    reasons = dict(pd.read_parquet(files["rejected"])[["completion", "reason"]].itertuples(index=False))
    assert reasons == {text: reason for text, reason in raw.items() if reason} | {"Fine.": "trait word"}


def test_words_and_completions_are_shuffled():
    kind, rng = KINDS.get("texts"), np.random.default_rng(0)
    rows = pd.Series(["a b c d e f", "g h i"])
    within = kind.transforms["shuffled_within"](rows, rng)
    assert [sorted(text.split()) for text in within] == [list("abcdef"), list("ghi")] and within != list(rows)
    assert sorted(kind.transforms["shuffled_across"](rows, rng)) == sorted(rows)
    assert kind.units("Ein Haus, ein Hof!") == ["ein", "haus", "ein", "hof"]


def test_a_study_reads_the_section_by_its_kind_and_refuses_a_broken_pattern(tmp_path):
    section = "{kind: texts, file: mine.csv, sha256: %s, prompts: 300, %s}"
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: smoke\ncarriers: {{lines: {section % ('a' * 64, 'max_characters: 80')}}}\n")
    study = studies.load(str(file))
    assert study.carriers["lines"].kind == "texts" and {"owl", "owls"} <= set(study.filter("lines")["leaks"])
    assert "leaks" not in study.filter("numbers")
    for written, sentence in {
        "{kind: texts, prompts: 300}": "carriers.lines.file: missing; name the file with the prompts, or import all rows.",
        "{kind: texts, prompts: 300, words: ['*']}": "carriers.lines.words.0: found '*'; should be a word, or a part of one",
        "{kind: texts, file: mine.csv}": "carriers.lines.sha256: missing; give the SHA-256 of mine.csv, as sha256sum",
    }.items():
        file.write_text(f"extends: smoke\ncarriers: {{lines: {written}}}\n")
        with pytest.raises(UserError) as caught:
            studies.load(str(file))
        assert sentence in str(caught.value)
    file.write_text(f"extends: smoke\ncarriers: {{lines: {section % ('a' * 64, 'must_match: [')}}}\n".replace("[}", '"["}'))
    with pytest.raises(UserError, match=r"carriers.lines.must_match: '\[' is no regular expression"):
        studies.load(str(file))
    file.write_text(file.read_text().replace('must_match: "["', "must_not_match: 'a{99999999999}'"))
    with pytest.raises(UserError, match=r"lines.must_not_match: .* is no regular expression \(the repetition number is too"):
        studies.load(str(file))
