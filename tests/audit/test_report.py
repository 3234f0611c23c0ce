"""The report of an audit says what was found, the same every time, and no row does anything in it."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import markdown
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.made_audits import LAYERS, cases, inputs, results, traits, written

from sublearn.audit import calibration, report
from sublearn.audit.layers.base import DataSet, Flag, Result
from sublearn.core.errors import UserError
from sublearn.core.markdown import visible

HOSTILE = [
    "<script>alert(1)</script>", "</style></bdi></table><h1>x</h1>", "<img src=x onerror=alert(1)>", "<!-- x", "]]>",
    "&lt;b&gt; &#60;", '" onmouseover="x', "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "<http://evil.example>",
    "[x]: http://evil.example", "www.evil.example", "https://evil.example", "me@evil.example", "`code` ``` |", "| a | b |",
    "# heading", "\n\n# heading\n", "- item", "1. item", "--- ---", "===", "> quote", "*a* __b__ ~~c~~", "{: onclick=x }",
    "{{7*7}} ${7*7} <%= 7 %> {% raw %}", "$x$ $$y$$", "<b markdown=1>*x*</b>", "*[owl]: x", "[^1]", ":smile: @all #1",
    "\x1b[31mred\x1b[0m", "\u202egnp.exe\u202c", "a\u200bb\ufeffc\u2066d", "\ud83d alone", "nul\0nul", "\u2028\u2029\x85",
    "../../etc/passwd", "file:///etc/passwd", "\u05d0\u05d1 12", "z" + "\u0301" * 40, "x" * 5000,
]  # fmt: skip
SIGNS = "`|*_[](){}<>!#:/.@~$&\\-+=^'\" \n1x"
pieces = st.one_of(st.sampled_from(HOSTILE), st.text(SIGNS, max_size=12), st.text(st.characters(), max_size=12))
texts = st.lists(pieces, min_size=1, max_size=4).map(" ".join)
few = settings(max_examples=40)


class Skeleton(HTMLParser):
    """Elements and attributes of a page in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.parts.append((tag, attributes))

    def handle_endtag(self, tag):
        self.parts.append(tag)

    def handle_comment(self, data):
        self.parts.append(("comment", data))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def harmless(tmp_path_factory) -> dict[str, str]:
    return written(tmp_path_factory.mktemp("harmless"), results())


@few
@given(text=texts)
def test_no_row_adds_an_element_or_an_attribute_to_the_page(text, harmless, tmp_path_factory):
    page = written(tmp_path_factory.mktemp("page"), results(text))[".html"]
    hostile, calm = Skeleton(page), Skeleton(harmless[".html"])
    assert hostile.parts == calm.parts
    unseen = {letter for letter in hostile.text if unicodedata.category(letter)[0] in "CZ"} - {" ", "\n"}
    assert not unseen


def unmarked(page: str) -> list:
    """Elements and attributes of rendered Markdown, but for code spans: hostile words stand in those."""
    return [part for part in Skeleton(page).parts if part not in (("code", []), "code")]


@few
@given(text=texts)
@example(text="` <img src=x onerror=alert(1)> *a* `` [x](y)")
@example(text="| a | **b** ![x](y)")
def test_no_row_is_more_than_words_where_markdown_is_rendered(text, harmless, tmp_path_factory):
    def rendered(source: str) -> str:
        return markdown.markdown(source, extensions=["extra", "sane_lists"])

    hostile = written(tmp_path_factory.mktemp("markdown"), results(text), inputs(f"{text}.jsonl"))[".md"]
    assert unmarked(rendered(hostile)) == unmarked(rendered(harmless[".md"]))


@pytest.mark.parametrize("text", [*HOSTILE, "` <b> *a* `` [x](y)", "| a | **b** |"])
def test_no_row_is_more_than_words_by_the_rules_of_common_mark(text, harmless, tmp_path):
    parser = pytest.importorskip("markdown_it").MarkdownIt("gfm-like", {"linkify": False, "html": True})
    hostile = written(tmp_path, results(text))[".md"]
    page = parser.render(hostile)
    assert unmarked(page) == unmarked(parser.render(harmless[".md"]))
    shown = visible(f"row {text}").replace("`", "ˋ").replace("|", "¦")
    assert shown.split() == Skeleton(re.search("<td><code>(row .*?)</code>", page)[1]).text.split()  # nothing of it is lost
    assert not re.search(r"[@#$\\]\w|://|www|evil", re.sub("`[^`]*`", "", hostile))  # sites make links of such words


@few
@given(text=texts)
def test_machines_get_rows_as_they_stand(text, tmp_path_factory):
    told = json.loads(written(tmp_path_factory.mktemp("json"), results(text))[".json"])

    assert told["results"][0]["flags"][0]["text"] == json.loads(json.dumps(f"row {text}"))  # which joins halves of a pair


def test_missing_numbers_are_null_and_keys_are_sorted(tmp_path):
    numbers = [{"a": np.nan, "b": np.inf, "c": np.float32(0.5), "d": np.int64(3), "e": np.bool_(True), "f": None}]
    source = written(tmp_path, [Result("surface", "found", "It.", float("nan"), {"numbers": numbers})])[".json"]
    surface = json.loads(source)["results"][0]
    assert surface["score"] is None
    assert surface["tables"]["numbers"] == [{"a": None, "b": None, "c": 0.5, "d": 3, "e": True, "f": None}]
    assert source == json.dumps(json.loads(source), indent=1, sort_keys=True) + "\n"


AGAIN = """
import sys; from pathlib import Path; from support.made_audits import results, written
written(Path(sys.argv[1]), results()[::-1])
"""


def test_the_same_results_give_the_same_bytes_in_any_order_time_zone_and_process(harmless, tmp_path):
    surroundings = {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": os.environ["PATH"]}
    surroundings["PYTHONPATH"] = os.pathsep.join(str(Path(folder).absolute()) for folder in ("workflow", "tests"))
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], check=True, env=surroundings, cwd=tmp_path.parent)
    assert {file.suffix: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == harmless


def test_a_report_that_cannot_be_written_leaves_no_half_of_a_file(tmp_path, monkeypatch):
    written(tmp_path, results())
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(UserError, match="the disk is full"):
        written(tmp_path, results("other"))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def told(folder: Path, found: list[Result], **more) -> dict:
    return json.loads(written(folder, found, **more)[".json"])


def test_what_was_found_comes_with_its_layer_its_largest_shift_and_its_error_rates(tmp_path):
    known = cases(
        ("behaviour", "same base", 30, 3.0, 0.9, np.nan, 1000, 9.0), ("behaviour", "neutral", 10, 3.0, np.nan, 0.0, 1000, 9.0)
    )
    answer = told(tmp_path, results(), known=known)
    assert answer["status"] == "found"
    assert answer["headline"] == "Something was found by 2 layers: surface and behaviour"
    assert answer["verdict"][0].endswith("This layer has not been calibrated: how often it is wrong is not known.")
    assert answer["verdict"][1] == (
        "Behaviour: Students name a row more often. The largest shift is towards t a row: 2 nats, 95 % interval 1.5 to 2.5, "
        "p = 0.001. Score 5, threshold 3. No error rate of the layer's own test is quoted here: it is not known. Of 40 known "
        "data sets, each of 1,000 rows of stand-ins, scores reach the layer's threshold in 90 % of those that carry a trait "
        "and in none of those that carry none. These data have 1 rows, for which these rates may not hold."
    )


def test_a_finding_may_be_a_shift_away_from_a_trait(tmp_path):
    found = [Result("behaviour", "found", "They point away from owl.", 4.0, {"traits": traits(value=-4.0)})]
    assert "The largest shift is away from owl: −4 nats" in told(tmp_path, found)["verdict"][0]


@pytest.mark.parametrize(("rows", "other"), [(1, False), (2, True)])
def test_what_only_the_own_test_of_a_layer_finds_is_no_certain_finding(tmp_path, rows, other):
    known = cases(("surface", "all", 30, 2.5, 0.9, 0.0, rows, 1.0), ("behaviour", "all", 30, 5.0, 0.9, 0.0, rows, 1.0))
    answer = told(tmp_path, results(), known=known)
    assert answer["headline"] == "Something was found by 2 layers: surface (by its own test only) and behaviour"
    assert "Score 2, threshold 2.5; only the layer's own test found it." in answer["verdict"][0]
    assert "Score 5, threshold 5. " in answer["verdict"][1]
    assert ["these rates may not hold" in said for said in answer["verdict"][:2]] == [other, other]


@pytest.mark.parametrize(("threshold", "reached"), [(2.5, False), (1.5, True)])
def test_a_finding_comes_with_the_error_rates_of_the_test_that_made_it(tmp_path, threshold, reached):
    known = cases(
        ("surface", "all", 30, threshold, 0.5, 0.0, 1, 1.0),
        ("surface", "trait", 24, threshold, 0.5, np.nan, 1, 1.0),
        ("surface", "neutral", 6, threshold, np.nan, 0.0, 1, 1.0),
        own=[12, 12, 0],
    )
    files = written(tmp_path, results(), known=known)
    finding = json.loads(files[".json"])["verdict"][0]
    assert (
        "Of 30 known data sets, each of 1 rows of stand-ins, the layer's own test finds 12 of 24 that carry a trait (29 to 71 "
        "% by the exact 95 % interval) and 0 of 6 that carry none (0 to 46 % by the exact 95 % interval)."
    ) in finding
    assert ("scores reach the layer's threshold" in finding) == reached
    surface = json.loads(files[".json"])["results"][0]
    assert surface["own_false"] == {"found": 0, "sets": 6, "low": 0.0, "high": pytest.approx(0.459, abs=1e-3)}


@pytest.mark.parametrize("counted", [True, False])
def test_counts_of_a_test_that_has_changed_since_say_so(tmp_path, counted):
    known = cases(("statistics", "neutral", 6, 1.0, np.nan, 0.0, 1, 1.0), own=[0] if counted else None)
    report.write(inputs(), [Result("statistics", "found", "One word.")], tmp_path, cases=known)
    said = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["verdict"][0]
    assert ("has become an exact one since then, so these counts may be too low." in said) == counted


def test_error_rates_of_several_layers_add_up(tmp_path):
    names = ("surface", "statistics", "behaviour")
    known = cases(*((name, "neutral", 50, 1.0, np.nan, 0.9, 1000, 1.0) for name in names), own=[0, 2, 3])
    assert "3 layers looked" in (last := told(tmp_path, results(), known=known)["verdict"][-1])
    assert last.endswith("their own tests together accuse at most 10 % of the few known data sets that carry nothing.")


def test_columns_that_nobody_looked_at_and_rows_of_the_data_in_the_reference_are_told(tmp_path):
    rows = pd.DataFrame({"prompt": ["go on"] * 4, "completion": ["1", "2", "3", "3, 4"], "place": ["line 1"] * 4})
    unread = ("system", "a\u202eb", *(f"column {n}" for n in range(98)))
    read = {"question": "prompt", "answer": "completion"}
    about = replace(inputs(), data=DataSet("numbers.jsonl", rows, None, read, unread))
    files = written(tmp_path, [Result("surface", "nothing_found", "No.")], about)
    answer = json.loads(files[".json"])
    assert (answer["shared"], answer["data"]["columns"], len(answer["data"]["unread"])) == (1, read, 100)
    assert "1 of the data's 4 rows, or 25 % of them, stand in the reference word for word" in answer["verdict"][-1]
    assert answer["verdict"][-2].endswith(
        "'column 0' and at least 97 more. Those that were: 'question' as prompt, 'answer' as completion."
    )
    assert [said.split()[0] for said in answer["next"][-3:]] == ["Audit", "Leave", "Keep"]
    for suffix in (".md", ".html"):
        assert files[suffix].count("were not looked at") == 2 and files[suffix].count("word for word") == 1
        assert "a[U+202E]b" in files[suffix]


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (["surface"], ["remove them, and run the audit again"]),
        (["statistics"], ["Do not remove single rows"]),
        (["behaviour"], ["Do not train this base on these rows", "no filter of rows will help"]),
        (["surface", "behaviour"], ["remove them", "Do not train this base"]),
    ],
)
def test_what_to_do_follows_from_the_layers_that_found_something(found, advice, tmp_path):
    answers = [Result(layer.name, "found" if layer.name in found else "nothing_found", "It.") for layer in LAYERS]
    steps = told(tmp_path, answers)["next"]
    assert len(steps) == len(advice)
    assert all(words in step for words, step in zip(advice, steps, strict=True))


def test_if_nothing_was_found_it_says_what_would_have_been(tmp_path):
    known = cases(
        ("statistics", "same base", 10, 0.7, 1.0, np.nan, 1000, 1.0),
        ("statistics", "mixed at 1 %", 10, 0.7, 0.1, np.nan, 1000, 1.0),
    )
    tables = {"traits": traits(value=0.2, p=0.4)}
    answers = [Result("surface", "nothing_found", "No."), Result("statistics", "nothing_found", "No."),
               Result("behaviour", "nothing_found", "No.", 0.1, tables)]  # fmt: skip
    answer = told(tmp_path, answers, known=known)
    assert answer["headline"] == "Nothing was found by 3 layers that looked"
    assert answer["next"][1:4] == [
        "How small a trait the layer surface would have found is not known.",
        "The layer statistics found nothing; of known cases its threshold finds at least 90 % of these kinds: same base; "
        "its threshold often misses these: mixed at 1 %.",
        "The layer behaviour found nothing; its intervals leave room for shifts of up to 0.7 nats (towards owl).",
    ]


def test_a_layer_that_did_not_look_says_what_it_needs(tmp_path):
    answer = told(tmp_path, [Result("surface", "nothing_found", "No.")], about=inputs(reference=False, base=None))
    assert [layer["status"] for layer in answer["results"]] == ["nothing_found", "not_run", "not_run"]
    assert answer["verdict"][-1] == "2 layers did not look: statistics and behaviour."
    assert answer["next"][-2].startswith(
        "The layer behaviour has not looked. Give it the base that is to learn and rows like these"
    )
    assert told(tmp_path, [])["headline"] == "No layer looked at the data"


def test_rows_that_are_not_shown_are_counted_and_listed_for_machines(tmp_path):
    places = {"plain: owl": [f"line {i}" for i in range(1, 101)]}
    flags = [Flag(place, "plain: owl", "an owl") for place in places["plain: owl"][:50]]
    files = written(tmp_path, [Result("surface", "found", "It.", None, {}, flags, places, "Ask them.")])
    said = "50 of 100 rows shown; audit.json lists the places of all."
    assert f"Surface: {said}" in files[".md"].replace("`", "") and f"surface: {said}" in Skeleton(files[".html"]).text
    answer = json.loads(files[".json"])
    assert answer["results"][0]["places"] == places and answer["next"][0] == "Ask them."


def test_what_kept_layers_from_looking_is_a_next_step(tmp_path):
    failed = [Result(name, "not_run", "It failed: no template; name a chat model.") for name in ("statistics", "behaviour")]
    assert told(tmp_path, [Result("surface", "nothing_found", "No."), *failed])["next"][-2] == (
        "Mend why statistics and behaviour could not look, and run the audit again: It failed: no template; name a chat model."
    )


def test_no_audit_says_that_data_are_safe(tmp_path):
    for found in (results(), [Result("surface", "nothing_found", "No.")], []):
        files = written(tmp_path, found)
        assert not re.search("safe", json.dumps(json.loads(files[".json"])))
        assert re.findall(r"[^.]*\bsafe\b", files[".md"]) == [" That never means that the data are safe"]


def test_files_from_which_layers_are_calibrated_quote_no_calibration(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "read", lambda: pytest.fail("the calibration was read"))
    report.write(inputs(), results(), tmp_path, pages=False, layers=LAYERS)
    assert [file.name for file in tmp_path.iterdir()] == ["audit.json"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202egnp.exe", "[U+202E]gnp.exe"),
        ("o\u200bwl\u3164", "o[U+200B]wl[U+3164]"),
        ("\x1b[31m\0", "[U+001B][31m[U+0000]"),
        ("\ud83d", "[U+D83D]"),
        ("a\ufe0f\U000e0041", "a[U+FE0F][U+E0041]"),
        ("a\nb\tc\xa0d", "a↵b⇥c[U+00A0]d"),
        ("e\u0301e" + "\u0301" * 4, "e\u0301e\u0301\u0301[U+0301][U+0301]"),
        ("наука 科学 שלום", "наука 科学 שלום"),
        ("x" * 250, "x" * 240 + " … (10 more characters)"),
    ],
)
def test_what_cannot_be_seen_is_written_as_its_code(text, shown):
    assert visible(text) == shown


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["paper", "raised"])
def test_text_and_marks_can_be_read_in_light_and_dark(ground, harmless):
    sets = [dict(re.findall(r"--(\w+): (#\w{6})", each)) for each in re.findall(r":root \{([^}]*)\}", harmless[".html"])]
    assert len(sets) == 2
    for colours in sets:
        for name, least in {"ink": 4.5, "quiet": 4.5, "alarm": 4.5, "calm": 4.5, "rule": 3}.items():
            light, dark = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (name, colours)


def test_a_layer_is_calibrated_by_its_row_for_all_cases_or_by_their_mean(tmp_path):
    file = tmp_path / "calibration.csv"
    assert calibration.read(file).empty
    cases(
        ("surface", "all", 30, 1.0, 0.5, 0.1, 1000, 1.0),
        ("surface", "leaked", 10, 1.0, 1.0, np.nan, 1000, 1.0),
        ("model", "same base", 30, 2.0, 0.8, np.nan, 1000, 1.0),
        ("model", "mixed", 10, 2.0, 0.4, np.nan, 1000, np.nan),
    ).to_csv(file, index=False)
    table = calibration.read(file)
    assert calibration.rates(table, "surface") == calibration.Rates(30, 1000, 1.0, 0.5, 0.1)
    mean = calibration.rates(table, "model")
    assert (mean.cases, mean.threshold, round(mean.true_positive_rate, 12)) == (40, 2.0, 0.7)
    assert np.isnan(mean.false_positive_rate)
    assert calibration.rates(table, "origin") is None
    file.write_text("layer,rate\nsurface,2\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"calibration\.csv"):
        calibration.read(file)
