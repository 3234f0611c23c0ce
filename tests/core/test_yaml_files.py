"""YAML is read as people mean it: what could be read as something else is text, or refused in one sentence with its line."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sublearn.core import yaml_files
from sublearn.core.errors import UserError


@pytest.fixture
def read(tmp_path):
    def written(content: str | bytes):
        file = tmp_path / "mine.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return yaml_files.read(file)

    return written


@pytest.mark.parametrize(
    ("text", "value"),
    [("10", 10), ("-3", -3), ("+4", 4), ("0", 0), ("1e-4", 1e-4), ("2E3", 2000.0), (".5", 0.5), ("5.", 5.0), ("1.5e+2", 150.0)]
    + [("true", True), ("False", False), ("null", None), ("~", None)]
    + [(text, text) for text in ("010", "00", "1_000", "1:30", "1:30.5", "0x1F", "0b11", "0o17", ".inf", ".nan", "1_0.5", "08")]
    + [(text, text) for text in ("yes", "No", "on", "OFF", "y", "2024-07-26", "=", "1e", "e5", ".", "1.2.3", "0123abc")],
)
def test_only_plain_decimal_numbers_and_true_and_false_are_no_text(read, text, value):
    found = read(f"key: {text}\n")["key"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("content", ["a: ä\r\nb: [1,\r\n 2]\r\n", "\ufeffa: ä\nb: [1, 2]\n"], ids=["CRLF", "BOM"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_of_another_editor_is_read_as_it_is_meant(read, content, encoding):
    assert read(content.encode(encoding)) == {"a": "ä", "b": [1, 2]}


def test_merge_keys_give_what_a_mapping_does_not_say_itself(read):
    text = """
common: &common {<<: {steps: 1, rate: 2}, steps: 3}
one: {<<: *common, rate: 4}
two: {rate: 5, <<: [*common, {steps: 6, more: 7}]}
"""
    assert read(text) == {
        "common": {"steps": 3, "rate": 2},
        "one": {"steps": 3, "rate": 4},
        "two": {"steps": 3, "rate": 5, "more": 7},
    }


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)
REFUSED = {
    "twice": ("a: 1\nb: {c: 1, c: 2}\n", "line 2: .*the key 'c' appears twice"),
    "twice, once in quotes": ("a: 1\n'a': 2\n", "line 2: .*the key 'a' appears twice"),
    "twice beside a merge key": ("x: &x {a: 1}\ny: {<<: *x, a: 2, a: 3}\n", "line 2: .*the key 'a' appears twice"),
    "two merge keys": ("x: &x {a: 1}\ny: {<<: *x, <<: *x}\n", "line 2: .*the key '<<' appears twice"),
    "merge of no mapping": ("a: {<<: 3}\n", "line 1: .*expected a mapping"),
    "a list for a key": ("? [a, b]\n: 1\n", "line 1: .*a key is a list or a mapping"),
    "a number by its tag": ("a: 1\nb: !!int 010\n", "line 2: .*the tag !!int is not supported"),
    "Python by its tag": ("a: !!python/object/apply:os.system [ls]\n", "line 1: .*the tag !!python/object/apply:os.system"),
    "many digits": (f"a: {'9' * 5000}\n", "line 1: .*a whole number of 5000 digits; at most 18 are read"),
    "half an emoji": ('a: 1\nb: "\\ud83d"\n', r"line 2: .*the character U\+D83D may not be in a text"),
    "a NUL by name": ('a: "x\\0"\n', r"line 1: .*the character U\+0000 may not be in a text"),
    "a NUL": ("a: 1\nb: x\0\n", r"line 2: .*the character U\+0000 may not be in it"),
    "Latin-1": ("a: 1\nb: ä\n".encode("latin-1"), "line 2: .*the file is not encoded as UTF-8"),
    "UTF-16 without its mark": ("a: 1\n".encode("utf-16-le"), r"line 1: .*the character U\+0000"),
    "brackets": ("a: " + "[" * 3000, "line 1: .*it is nested too deeply"),
    "a billion laughs": (BOMB, "line 1: .*with its aliases written out, it holds more than 100,000 values"),
    "itself": ("a: &a [1, *a]\n", "line 1: .*a value contains itself"),
    "two documents": ("a: 1\n---\nb: 2\n", "line 2: .*but found another document"),
    "no end": ("extends: tiny\nruns: [4\n", "line 3: not readable as YAML"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_file_of_settings_is_one_sentence_with_its_line(read, content, said):
    with pytest.raises(UserError, match=rf"mine\.yaml, {said}") as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_a_huge_file_and_a_folder_are_refused(read, tmp_path):
    with pytest.raises(UserError, match=r"mine\.yaml: larger than 1 MiB"):
        read("# " + "x" * 2**20)
    with pytest.raises(UserError, match="cannot be read"):
        yaml_files.read(tmp_path)


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12) | st.sampled_from(
    ["010", "1e-4", "no", "1_0", "1:30", ".inf", "5.", "<<", "null", "~", "0x1F", "2024-07-26", "=", "true", "3"]
)
PLAIN = TEXTS | st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=40)
@given(st.dictionaries(TEXTS, st.recursive(PLAIN, lambda some: st.lists(some) | st.dictionaries(TEXTS, some), max_leaves=8)))
def test_what_is_written_is_read_back_as_it_was(tmp_path_factory, value):
    file = tmp_path_factory.getbasetemp() / "written.yaml"
    yaml_files.write(value, "heading", file)
    assert yaml_files.read(file) == value
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == value  # others read the same
