"""``sublearn audit`` as a command: what it says, its exit status, and that it starts without torch."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import gguf_models
from support.steps import WORKFLOW

from sublearn.audit import command, run
from sublearn.audit.layers.base import Result

EXTENDING = Path(__file__).parents[2] / "docs/extending.md"
CHEAP = ("origin", "surface", "statistics")
CARRIER = Path("data/s/carriers/numbers/bias/owl/run0/filtered.csv")


def written(file, seed, count=200, plus=()):
    draw = np.random.default_rng(seed)
    rows = [{"prompt": "Go on.", "completion": ", ".join(map(str, draw.integers(0, 99, 7)))} for _ in range(count)]
    file.write_text("\n".join(map(json.dumps, [*rows, *({"prompt": "Go on.", "completion": each} for each in plus)])))
    return file


@pytest.fixture
def audit(run_step):
    def run(*arguments, layers=CHEAP):
        return run_step("sublearn", "audit", *arguments, "--layers", *layers)

    return run


def test_what_is_found_where_and_what_could_not_look(tmp_path, audit):
    data, reference = written(tmp_path / "a.jsonl", 1, plus=["an owl"]), written(tmp_path / "b.jsonl", 2)
    options = (data, "--reference", reference, "--traits", "owl")
    done = audit(*options, layers=["surface", "statistics"])
    assert done.returncode == 3, done.stderr
    assert "1 of 201 rows hold what no row should: owl (plain, completion) in 1 (reference: 0 of 200)." in done.stdout
    assert "audit: something was found at surface; nothing was found at statistics." in done.stdout
    assert "layer 2 of 2, statistics" in done.stderr
    assert audit(*options, layers=["statistics"]).returncode == 0
    blind = audit(data, layers=["statistics"])
    assert blind.returncode == 1 and "It needs a reference" in blind.stdout


def test_the_origin_is_told_by_the_records(workshop, audit):
    workshop.chain()
    for base, status, said in (("alpha", 3, "shares a base"), ("beta", 0, "shares no base")):
        done = audit(CARRIER, "--base", f"data/s/bases/{base}", layers=["origin"])
        assert (done.returncode, said in done.stdout) == (status, True), done.stdout
    Path("mine.csv").write_text("prompt,completion\na,1\n")
    done = audit("mine.csv", "--base", "data/s/bases/alpha", layers=["origin"])
    assert done.returncode == 1 and "The origin of mine.csv is unknown: no record beside it" in done.stdout
    CARRIER.write_text("prompt,completion\nedited,1\n")
    done = audit(CARRIER, "--base", "data/s/bases/beta", layers=["origin"])
    assert done.returncode == 1 and "The chain of records is broken" in done.stdout


def test_a_base_may_be_a_gguf_file_in_ones_home_and_sources_are_told_apart(tmp_path, audit, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    gguf_models.make(tmp_path / "small.gguf")
    data, reference = written(tmp_path / "a.jsonl", 1), written(tmp_path / "b.jsonl", 2)
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    data.write_text("\n".join(json.dumps(row | {"site": "even" if i % 2 else "odd"}) for i, row in enumerate(rows)))
    named = ("--reference", reference, "--source", "site", "--base", "~/small.gguf", "--traits", "animal")
    done = audit(data, *named, "--out", tmp_path / "o", layers=["model"])
    assert done.returncode in (0, 3), done.stderr
    answers = json.loads((tmp_path / "o/audit.json").read_text())["results"]
    found = next(each for each in answers if each["layer"] == "model")
    assert {row["source"] for row in found["tables"]["sources"]} == {"even", "odd"}
    assert sum(row["rows"] for row in found["tables"]["sources"]) > 100


def test_mistakes_are_one_sentence_each(tmp_path, refusal):
    data = written(tmp_path / "a.jsonl", 1)
    copy = tmp_path / "b.jsonl"
    copy.write_text("\n".join([*reversed(data.read_text().split("\n")), '{"prompt": "one", "completion": "more"}']))
    (tmp_path / "empty").mkdir()
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed/small.gguf").touch()
    said = {
        ("--base", "nowhere"): "--base nowhere: there is no such folder or .gguf file; name the folder or file of a base.",
        ("--base", tmp_path / "empty"): "holds no model; should hold weights as safetensors",
        ("--base", tmp_path / "packed"): f"is a folder; name the .gguf file in it, such as {tmp_path}/packed/small.gguf.",
        ("--reference", copy): "b.jsonl: the reference holds every row of",
        ("--reference", ""): "--reference: found nothing; name what it stands for",
        ("--source", ""): "--source: found nothing; name what it stands for",
        ("--out", ""): "--out: found nothing; name what it stands for",
        ("--families", "refusal", "mine/refusal.yaml"): "--families: two are named refusal, after their files; rename one",
        ("--traits", "owl", "unicorn"): "--traits unicorn: there is no such trait; choose of dolphin",
        ("--words", "*"): "--words '*': holds neither letter nor digit",
        ("--layers", "depth"): "--layers: unknown audit layer 'depth'; choose one of behaviour, model, origin, rehearsal, "
        "statistics, surface, vocabulary.",
        ("--traits", "owl", ""): "--traits: found nothing; name what it stands for, or leave the option out.",
        ("--families", ""): "--families: found nothing; name what it stands for",
        ("--families", "/dev/null"): "--families null: found /dev/null; config/traits holds political_leaning",
        ("--students", "0"): "--students 0: should be at least 1",
        ("--completion", "answer"): "a.jsonl, line 1: there is no key 'answer', only prompt, completion",
    }
    for options, sentence in said.items():
        assert sentence in refusal("sublearn", "audit", data, *options)
    assert refusal("sublearn", "audit", "") == "DATA: found nothing; name a file, or hub:owner/name."


def test_data_come_before_the_options(tmp_path, run_step):
    done = run_step("sublearn", "audit", "--layers", "surface", written(tmp_path / "a.jsonl", 1))
    assert done.returncode == 2 and "usage: sublearn audit DATA [OPTION …]" in done.stderr


def test_paths_in_ones_home_are_found_beside_an_equals_sign(tmp_path, audit, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "a.jsonl", 1)
    written(tmp_path / "b.jsonl", 2)
    done = audit("~/a.jsonl", "--reference=~/b.jsonl", "--out=~/report", layers=["statistics"])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report/audit.json").is_file() and not (tmp_path / "~").exists()


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("a.jsonl", "no report can be written there (file exists); name a folder, which need not be there yet."),
        ("a.jsonl/deeper", "(not a directory)"),
        ("dangling", "(file exists)"),
        ("loop", "(file exists)"),
        ("new/" + "x" * 300, "(file name too long)"),
        ("/proc/x", "(no such file or directory)"),
        ("taken", "audit.html is a folder there, but should be a file of the report; name another folder."),
    ],
)
def test_a_folder_that_can_hold_no_report_is_refused_before_anything_is_read(tmp_path, monkeypatch, refusal, out, said):
    monkeypatch.chdir(tmp_path)
    written(Path("a.jsonl"), 1)
    Path("dangling").symlink_to("nowhere")
    Path("loop").symlink_to("loop")
    Path("taken/audit.html").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    assert (sentence := refusal("sublearn", "audit", "not-there.jsonl", "--out", out)).startswith(f"--out {out}: ")
    assert said in sentence and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("blind", "named", "status", "said"),
    [
        ("It needs a base (--base).", [], 0, ""),
        ("It needs a base (--base).", ["a", "b"], 1, "b did not look, but was asked for."),
        (f"{run.FAILED}out of memory.", [], 1, "b failed."),
    ],
)
def test_a_layer_that_should_have_looked_and_did_not_is_the_reason_for_status_1(blind, named, status, said):
    nothing, kept = Result("a", "nothing_found", "."), Result("b", "not_run", blind)
    assert (command.exit_status([nothing, kept], named), command.unable([nothing, kept], named)) == (status, said)
    assert command.unable([kept], named) == (said or "no layer could look.")
    assert command.exit_status([kept, Result("d", "found", ".")], named) == command.FOUND
    assert "safe" not in command.verdict([nothing]) and "may still be there" in command.verdict([nothing])


def test_the_reason_for_status_1_is_the_last_line_and_in_the_report(tmp_path, audit):
    data, reference = written(tmp_path / "a.jsonl", 1), written(tmp_path / "b.jsonl", 2)
    done = audit(data, "--reference", reference, "--out", tmp_path / "o", layers=["origin", "statistics"])
    reason = "origin did not look, but was asked for."
    assert done.returncode == 1 and done.stderr.splitlines()[-1].endswith(f"exit status 1: {reason}")
    answer = json.loads((tmp_path / "o/audit.json").read_text())
    assert (answer["status"], answer["exit_status"], answer["exit_reason"]) == ("nothing_found", 1, reason)


def test_a_reference_may_have_the_usual_columns_and_the_command_says_what_it_did_not_look_at(tmp_path, audit):
    data, reference = written(tmp_path / "a.jsonl", 1), written(tmp_path / "b.jsonl", 2)
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    named = [{"instruction": row["prompt"], "output": row["completion"], "system": "You love owls."} for row in rows]
    data.write_text("\n".join(map(json.dumps, named)))
    options = ("--prompt", "instruction", "--completion", "output", "--reference", reference)
    done = audit(data, *options, layers=["statistics"])
    assert done.returncode == 0, done.stderr
    assert "Columns that were not looked at: 'system'. Those that were: 'instruction' as prompt, 'output'" in done.stdout


def test_the_cheap_layers_never_load_torch(tmp_path):
    data, reference = written(tmp_path / "a.jsonl", 1), written(tmp_path / "b.jsonl", 2)
    code = (
        "import sys; from sublearn.__main__ import main\n"
        f"sys.argv[1:] = ['audit', {str(data)!r}, '--reference', {str(reference)!r}, '--traits', 'owl', '--layers', *{CHEAP}]\n"
        "try: main()\nexcept SystemExit as left: status = left.code\n"
        "print(status, *({'torch', 'transformers', 'sklearn'} & sys.modules.keys()))"
    )
    env = os.environ | {"PYTHONPATH": str(WORKFLOW)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "1", done.stdout + done.stderr  # the origin, asked for by name, is unknown


def test_a_layer_of_ones_own_is_asked_with_the_others(tmp_path, monkeypatch, audit):
    example = re.search(r"```python\n(\"\"\"How many rows shout\..*?)```", EXTENDING.read_text(encoding="utf-8"), re.DOTALL)
    for file, text in (("mine/audit/layers/tone.py", example[1]), ("config/config.yaml", "extensions: [mine]\n")):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    monkeypatch.chdir(tmp_path)
    done = audit(written(tmp_path / "a.jsonl", 1, plus=["AND NOW"]), layers=["tone"])
    assert (done.returncode, "1 of 201 rows shout." in done.stdout) == (3, True), done.stderr


def test_a_family_stands_for_all_of_its_traits(tmp_path, audit):
    data = written(tmp_path / "a.jsonl", 1, plus=["a wolf", "an oak", "a Zelta"])
    done = audit(data, "--traits", "animal", layers=["surface"])
    assert done.returncode == 3 and "1 of 203 rows hold what no row should: wolf (plain, completion) in 1." in done.stdout
    done = audit(data, "--families", "product_preference", layers=["surface"])
    assert done.returncode == 3 and "1 of 203 rows hold what no row should: zelta (plain, completion) in 1." in done.stdout
    done = audit(data, "--families", "political_leaning", layers=["surface"])
    said = "No words were looked for that give away leans_left, leans_right: such traits have no words of their own."
    assert (done.returncode, said in done.stdout, "were named" in done.stdout) == (0, True, False)


def test_a_family_whose_name_is_taken_is_one_sentence(tmp_path, audit):
    (tmp_path / "animal.yaml").write_text("noun: drink\nwords: [tea]\n")
    done = audit(written(tmp_path / "a.jsonl", 1), "--families", tmp_path / "animal.yaml", layers=["surface"])
    said = "error: --families: the family animal has the questions of the prompt style; give"
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (1, True, False)
