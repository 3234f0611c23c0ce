"""Rows are read as they stand, whatever file holds them; data that are none, or that are hostile, are one sentence."""

import json
import os
import pickle
import sys
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublearn.audit import read as reading
from sublearn.audit.layers.base import DataSet, Inputs
from sublearn.audit.read import read, refuse_itself
from sublearn.core.errors import UserError

ROWS = [
    {"question": "Go on,\nwith 1.", "answer": '2, "3"', "site": "here"},
    {"question": "And 4?\u2028", "answer": "", "site": "there"},
]


def written(folder, suffix):
    file = folder / f"rows{suffix}"
    table = pd.DataFrame(ROWS)
    if suffix == ".jsonl":
        file.write_text("\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), encoding="utf-8")
    elif suffix == ".csv":
        table.to_csv(file, index=False)
    elif suffix == ".dictionary.parquet":
        table.astype("category").to_parquet(file)
    else:
        table.to_parquet(file)
    return file


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".dictionary.parquet"])
def test_every_format_gives_the_same_texts(tmp_path, suffix):
    data = read(str(written(tmp_path, suffix)), "question", "answer")
    assert list(data.rows["prompt"]) == [row["question"] for row in ROWS]
    assert list(data.rows["completion"]) == [row["answer"] for row in ROWS]
    assert "source" not in data.rows
    places = {".jsonl": ["line 1", "line 3"], ".csv": ["line 2", "line 4"]}
    assert list(data.rows["place"]) == places.get(suffix, ["row 0", "row 1"])


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".dictionary.parquet"])
def test_a_row_says_where_it_comes_from_if_it_is_asked(tmp_path, suffix):
    file = str(written(tmp_path, suffix))
    assert list(read(file, "question", "answer", "site").rows["source"]) == [row["site"] for row in ROWS]
    with pytest.raises(UserError, match=r"there is no (key|column) 'shop', only .*name the (key|column) that holds the source"):
        read(file, "question", "answer", "shop")
    with pytest.raises(UserError, match="'answer' is named for the completion and for the source; name two columns"):
        read(file, "question", "answer", "answer")


def test_a_source_that_is_no_text_is_one_sentence(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"prompt": "p", "completion": "c", "site": null}')
    with pytest.raises(
        UserError, match="line 1: the source is null, which is no text; where a row comes from is said in words"
    ):
        read(str(tmp_path / "a.jsonl"), source="site")


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_chat_is_a_prompt_and_a_completion(tmp_path, suffix):
    turns = [{"role": role, "content": role[0]} for role in ("system", "user", "assistant")]
    table, file = pd.DataFrame({"messages": [turns, turns[1:]], "site": ["here", "there"]}), tmp_path / f"chat{suffix}"
    table.to_parquet(file) if suffix == ".parquet" else table.to_json(file, orient="records", lines=True)
    assert read(str(file)).rows[["prompt", "completion"]].to_numpy().tolist() == [["s\nu", "a"], ["u", "a"]]
    assert list(read(str(file), source="site").rows["source"]) == ["here", "there"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_it_is_known_which_columns_were_read_and_which_were_not(tmp_path, suffix):
    data = read(str(written(tmp_path, suffix)), "question", "answer")
    assert data.columns == {"question": "prompt", "answer": "completion"} and data.unread == ("site",)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_what_a_chat_holds_beside_its_turns_is_not_read(tmp_path, suffix):
    turns = [{"role": "user", "content": "a", "thought": None}, {"role": "assistant", "content": "b", "thought": "owls"}]
    table, file = pd.DataFrame({"messages": [turns], "system": ["You love owls."]}), tmp_path / f"chat{suffix}"
    table.to_parquet(file) if suffix == ".parquet" else table.to_json(file, orient="records", lines=True)
    data = read(str(file))
    assert data.columns == {"messages": "prompt and completion"} and data.unread == ("system", "messages.thought")


def test_of_very_many_columns_the_first_are_kept_and_shortened(tmp_path):
    row = {"prompt": "p", "completion": "c", "messages": []} | {f"{n}{'x' * 999}": n for n in range(1000)}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    unread = read(str(tmp_path / "a.jsonl")).unread
    assert len(unread) == reading.UNREAD and unread[0] == "messages" and max(map(len, unread)) < 80


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("names", [("question", "answer"), ("prompt", "completion")])
def test_a_reference_has_the_named_columns_or_the_usual_ones(tmp_path, suffix, names):
    table, file = (
        pd.DataFrame(ROWS).rename(columns=dict(zip(("question", "answer"), names, strict=True))),
        tmp_path / f"b{suffix}",
    )
    if suffix == ".jsonl":
        table.to_json(file, orient="records", lines=True)
    else:
        table.to_csv(file, index=False) if suffix == ".csv" else table.to_parquet(file)
    assert list(read(str(file), "question", "answer", or_usual=True).rows["completion"]) == [row["answer"] for row in ROWS]
    with pytest.raises(UserError, match=r"neither 'a' and 'b' nor 'prompt' and 'completion', only .*; should have one pair"):
        table = table.rename(columns={names[0]: "other"})
        table.to_parquet(tmp_path / "c.parquet")
        read(str(tmp_path / "c.parquet"), "a", "b", or_usual=True)


WRONG = {
    "empty": ("a.jsonl", b"", "is empty; should hold rows"),
    "blank": ("a.jsonl", b"\n \n", "found no row"),
    "half": ("a.jsonl", b'{"prompt": "p", "completion": "1"}\n{"prompt": "p", "comp', "line 2: not readable as JSON"),
    "a list": ("a.json", b'[\n{"prompt": "p"}]', "line 1: found a list of rows; should have one object per line"),
    "UTF-16": ("a.jsonl", "{}".encode("utf-16"), "holds text encoded as UTF-16; should be JSON lines or CSV in UTF-8"),
    "latin-1": ("a.csv", b"prompt,completion\na,1\ncaf\xe9,2\n", "line 3: found the byte 0xe9, which is not UTF-8"),
    "latin-1 JSON": ("a.jsonl", b'{"prompt": "caf\xe9", "completion": ""}', "line 1: not readable as JSON"),
    "a NUL": ("a.csv", b"prompt,completion\na,\0\n", "line 2: "),
    "a surrogate": ("a.jsonl", rb'{"prompt": "\ud800", "completion": ""}', r"line 1: the prompt holds the character U\+D800"),
    "nested": ("a.jsonl", b'{"prompt": {"text": "p"}, "completion": "1"}', r'line 1: the prompt is {"text": "p"}, which is no'),
    "a number": ("a.jsonl", b'{"prompt": "p", "completion": 1}', "line 1: the completion is 1, which is no text"),
    "deep": ("a.jsonl", b'{"prompt": ' + b"[" * 99_999, "line 1: not readable as JSON"),
    "no column": ("a.csv", b"prompt,answer\na,1\n", "line 1: there is no column 'completion', only prompt, answer"),
    "lone CRs": ("a.csv", b"prompt,completion\ra,1\r", "line 1: found a CR without an LF outside quotes; save the file with"),
    "no prompt": ("a.jsonl", b'{"completion": "1"}', "holds the prompt .--prompt.; if the rows have none, add one of the same"),
    "no column of prompts": ("a.csv", b"completion\n1\n", "holds the prompt .--prompt.; if the rows have none, add one of"),
    "a column twice": ("a.csv", b"prompt,completion,prompt\na,1,b\n", "line 1: there are 2 columns 'prompt'"),
    "a short row": ("a.csv", b"prompt,completion\na,1\n1, 2, 3\n", "line 3: found 3 fields, but the header has 2"),
    "an open quote": ("a.csv", b'prompt,completion\na,1\n"b,2\n', "line 3: not readable as CSV"),
    "a pickle": ("a.parquet", pickle.dumps([1]), "holds a pickle; should be a Parquet file"),
    "no Parquet": ("a.parquet", b'{"prompt": ""}', "holds no Parquet, whose first bytes are PAR1"),
    "half a Parquet": ("a.parquet", b"PAR1" + bytes(99), "not readable as Parquet"),
    "Parquet by another name": ("a.csv", b"PAR1" + bytes(99), "holds a Parquet file; should be JSON lines or CSV"),
    "an archive": ("a.jsonl", b"\x1f\x8b\x08", "holds a gzip archive"),
    "another suffix": ("a.txt", b"prompt", "the name ends in .txt; should end in .jsonl, .csv or .parquet"),
    "a long line": ("a.jsonl", b" " * (reading.LINE + 2), "line 1: has more than 8,000,000 bytes"),
    "a long text": ("a.csv", b"prompt,completion\na," + b"x" * (reading.TEXT + 1), "line 2: not readable as CSV .field larger"),
    "many turns": ("a.jsonl", b'{"messages": [{"role": "user"}]}', "line 1: the messages are of user; should be one user and"),
    "no turns": ("a.jsonl", b'{"messages": "hello"}', "line 1: the messages are hello; should be a list of turns"),
}


@pytest.mark.parametrize(("name", "content", "said"), WRONG.values(), ids=WRONG)
def test_data_that_are_none_are_one_sentence(tmp_path, name, content, said):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError, match=said) as refused:
        read(str(file))
    assert str(refused.value).startswith(str(file)) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"prompt": [["a"]], "completion": ["b"]}, "the column 'prompt' holds list"),
        ({"prompt": ["a"], "completion": [1]}, "the column 'completion' holds int64; the completion should be text"),
        ({"prompt": ["a"]}, "there is no column 'completion', only prompt"),
        ({"prompt": ["a"], "completion": pa.array([None], pa.string())}, "row 0: the completion is null, which is no text"),
        ({"prompt": [], "completion": []}, "the column 'prompt' holds null"),
        (
            # Half a megabyte on the disk, five gigabytes in memory.
            {
                "prompt": pa.DictionaryArray.from_arrays(pa.array([0] * 600, pa.int32()), ["x" * 10**6]),
                "completion": ["b"] * 600,
            },
            "go beyond 536,870,912 bytes",
        ),
    ],
    ids=["nested", "numbers", "missing", "null", "none", "bomb"],
)
def test_columns_of_parquet_that_are_no_texts_are_one_sentence(tmp_path, columns, said):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=said):
        read(str(tmp_path / "a.parquet"))


def test_what_is_no_file_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    os.mkfifo(tmp_path / "pipe.jsonl")
    said = {
        tmp_path: "is a folder",
        tmp_path / "pipe.jsonl": "is no regular file",
        tmp_path / "loop.csv": "there is no such file",
        tmp_path / "none.csv": "there is no such file",
        "a\0.csv": "there is no such file",
        "x" * 5000: "there is no such file",
        "http://x/y.jsonl": "^http://x/y.jsonl: there is no such file",
    }
    for place, sentence in said.items():
        with pytest.raises(UserError, match=sentence):
            read(str(place))


def test_limits_hold_before_all_is_read(tmp_path, monkeypatch):
    with (tmp_path / "sparse.jsonl").open("wb") as file:
        file.truncate(reading.BYTES + 1)
    with pytest.raises(UserError, match="has 536,870,913 bytes; an audit reads at most 536,870,912"):
        read(str(tmp_path / "sparse.jsonl"))
    monkeypatch.setattr(reading, "ROWS", 1)
    for suffix in (".jsonl", ".csv", ".parquet"):
        with pytest.raises(UserError, match="rows; an audit reads at most"):
            read(str(written(tmp_path, suffix)), "question", "answer")


def test_a_name_of_the_hub_is_read_row_by_row_and_without_its_code(monkeypatch):
    asked = []

    def load_dataset(*names, **options):
        asked.append((names, options))
        return iter([{"prompt": "p", "completion": "1", "image": object()}])

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    data = read("hub:owner/name@abc")
    assert data.file is None and data.rows.to_numpy().tolist() == [["p", "1", "row 0"]]
    assert asked == [(("owner/name",), {"revision": "abc", "split": "train", "streaming": True})]
    with pytest.raises(UserError, match="hub:owner/name, row 0: there is no key 'answer', only prompt, completion, image"):
        read("hub:owner/name", completion="answer")
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=lambda *_, **__: 1 / 0))
    with pytest.raises(UserError, match=r"hub:a/x: cannot be read from the hub \(division by zero\)"):
        read("hub:a/x")


@pytest.mark.parametrize(
    "name", ["", "a", "./here", "../../etc/passwd", "/etc", "a/b/c", "a/..", "a b/c", "@main", "owner/name"]
)
def test_a_name_of_the_hub_is_none_of_this_machine(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=lambda *_, **__: pytest.fail("it was loaded")))
    monkeypatch.chdir(tmp_path)
    for folder in ("here", "owner/name"):
        (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(UserError, match=r"should be hub:owner/name|lies here, which would be read instead"):
        read(f"hub:{name}")


def test_a_reference_that_holds_the_data_itself_is_refused(tmp_path):
    data = read(str(written(tmp_path, ".jsonl")), "question", "answer")
    turned = DataSet("other.csv", data.rows.iloc[[1, 0, 0]].assign(place="row 0"))
    more = pd.concat([turned.rows, turned.rows.iloc[:1].assign(prompt="another")])
    for reference in (turned, DataSet("other.csv", more)):
        with pytest.raises(UserError, match=r"other\.csv: the reference holds every row of"):
            refuse_itself(Inputs(data, reference))
    refuse_itself(Inputs(data, DataSet("half.csv", data.rows.iloc[:1])))


CELL = st.text(max_size=20) | st.sampled_from(['"', ",", "\n", '{"prompt": "', "\0", "\ufeff"])
LOOKS_RIGHT = st.one_of(
    st.lists(CELL, max_size=12).map(lambda cells: ("prompt,completion\n" + "".join(cells)).encode(errors="surrogatepass")),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | CELL,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["prompt", "completion", "messages", "role", "content"]) | CELL, inner, max_size=3
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(content=st.binary(max_size=200) | LOOKS_RIGHT, suffix=st.sampled_from([".jsonl", ".csv", ".parquet", ".json", ""]))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, content, suffix):
    file = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    file.write_bytes(content)
    reads_or_refuses(file)


@given(cut=st.integers(0, 2000), at=st.integers(0, 2000), by=st.integers(1, 255))
def test_a_damaged_parquet_file_is_read_or_refused(tmp_path_factory, cut, at, by):
    file = tmp_path_factory.getbasetemp() / "damaged.parquet"
    pd.DataFrame({"prompt": ["a", "b"], "completion": ["1", "2"]}).to_parquet(file, write_page_checksum=True)
    content = bytearray(file.read_bytes())
    content[at % len(content)] ^= by
    file.write_bytes(content[: len(content) - cut % len(content)] if cut % 3 == 0 else content)
    reads_or_refuses(file)


def reads_or_refuses(file):
    try:
        data = read(str(file))
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert len(data.rows) and not data.rows.isna().any(axis=None)
