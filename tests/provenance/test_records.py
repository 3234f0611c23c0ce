"""Records say what an artifact was made of, run by run, and are the same whenever the same thing is made."""

import json
from pathlib import Path

import pandas as pd

from sublearn.chain.carriers.tables import Rows
from sublearn.core.files import read_json, write_table
from sublearn.core.records import NAME, sha256


def test_each_run_has_its_own_inputs_and_seed(workshop):
    workshop.chain()
    record = read_json("results/s/students/same_base/owl/run1/provenance.json")
    assert set(record["inputs"]["bases"]) == {"data/s/bases/beta/config.json", "data/s/bases/beta/model.safetensors"}
    assert list(record["inputs"]["carriers"]) == ["data/s/carriers/numbers/bias/owl/run1/filtered.csv"]
    assert list(record["inputs"]["teachers"]) == ["data/s/teachers/bias/owl/run1/model.safetensors"]
    assert record["seeds"] == {"run": 1, "study_seed": 7}
    # As many words as there are runs: they are no files, so each run has them all.
    assert record["parameters"] == {"words": ["owl", "owls"]}
    weights = Path("results/s/students/same_base/owl/run1/model.safetensors")
    assert record["outputs"] == {"model.safetensors": sha256(weights)}
    assert record["bases"] == {"data/s/bases/beta/model.safetensors": sha256(Path("data/s/bases/beta/model.safetensors"))}


def test_a_word_that_is_also_a_folder_is_a_word(workshop):
    """A trait may be about data, or about results."""
    workshop.base("alpha")
    options = {
        "runs": [0],
        "bases": ["data/s/bases/alpha"],
        "words": ["data", "results"],
        "outputs": ["results/s/students/run0"],
    }
    workshop.make("sublearn.chain.students.train", options, {"results/s/students/run0/model.safetensors": "weights"})
    record = read_json("results/s/students/run0/provenance.json")
    assert record["parameters"] == {"words": ["data", "results"]} and set(record["inputs"]) == {"bases"}
    assert set(record["outputs"]) == {"model.safetensors"} and not Path("data/provenance.json").exists()


def test_a_figures_record_names_all_its_files_and_lies_beside_them(workshop):
    workshop.chain()
    record = read_json("results/s/findings/figures/rates.provenance.json")
    assert set(record["outputs"]) == {"rates.svg", "rates.png", "rates.csv"}
    assert set(record["bases"]) == {"data/s/bases/alpha/model.safetensors", "data/s/bases/beta/model.safetensors"}
    asked = read_json("results/s/evaluations/answers/same_base.provenance.json")
    assert len(asked["inputs"]["models"]) == 4 and [one["run"] for one in asked["parameters"]["models"]] == [0, 1, 0, 1]


def test_a_record_holds_nothing_of_the_day_or_the_machine(workshop):
    """Made twice in folders of other names, records are the same to the byte."""
    workshop.chain()
    before = {file: file.read_bytes() for file in Path().rglob(f"*{NAME}")}
    assert len(before) == 16
    workshop.chain()
    assert {file: file.read_bytes() for file in Path().rglob(f"*{NAME}")} == before
    assert not any(str(Path.cwd()).encode() in content for content in before.values())


def test_a_real_step_leaves_a_record_for_each_run(run_step, tmp_path):
    raw, filtered, rejected, report = (
        [str(tmp_path / f"run{run}/{name}") for run in (0, 1)]
        for name in ("raw.parquet", "filtered.parquet", "rejected.parquet", "filter.json")
    )
    for i, file in enumerate(raw):
        rows = pd.DataFrame({"prompt_index": [0, 1], "prompt": "p", "completion": ["1, 2", f"no {i}"]})
        write_table(rows, file, Rows)
    options = [
        "--recipe",
        '{"kind": "numbers"}',
        "--words",
        "owl",
        "owls",
        "--raw",
        *raw,
        "--filtered",
        *filtered,
        "--rejected",
        *rejected,
    ]
    done = run_step("sublearn.chain.carriers.filter", *options, "--report", *report, fresh=True)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "run1/filtered.provenance.json").read_text())
    assert record["step"] == "sublearn.chain.carriers.filter" and record["inputs"] == {"raw": {raw[1]: sha256(Path(raw[1]))}}
    assert set(record["outputs"]) == {"filtered.parquet", "rejected.parquet", "filter.json"}
    assert record["parameters"] == {"recipe": {"kind": "numbers"}, "words": ["owl", "owls"], "counted": []}
    assert {"python", "pandas", "pyarrow"} <= set(record["packages"]) and "torch" not in record["packages"]
    assert "commit" in done.stderr and "commit" not in json.dumps(record)
    assert sorted(file.name for file in (tmp_path / "run0").iterdir() if file.name.endswith(NAME)) == [f"filtered.{NAME}"]


def test_a_pattern_that_reads_like_a_path_is_no_input(run_step, tmp_path):
    """A filter may leave out answers with a slash, or with the name of a file that is there."""
    table = pd.DataFrame({"prompt_index": [0], "prompt": "p", "completion": ["yes"]})
    write_table(table, tmp_path / "raw.parquet", Rows)
    names = {"raw": "raw.parquet", "filtered": "filtered.parquet", "rejected": "rejected.parquet", "report": "filter.json"}
    named = [part for option, name in names.items() for part in (f"--{option}", tmp_path / name)]
    for pattern in ("/", str(tmp_path / "raw.parquet")):
        recipe = json.dumps({"kind": "texts", "must_not_match": pattern})
        done = run_step("sublearn.chain.carriers.filter", "--recipe", recipe, "--counted", pattern, *named, fresh=True)
        assert done.returncode == 0, done.stderr
        assert set(read_json(tmp_path / f"filtered.{NAME}")["inputs"]) == {"raw"}


def test_a_step_that_names_no_output_leaves_nothing_behind(run_step, tmp_path):
    """A step of a user's own, say; without a record, what it wrote would be of unknown origin."""
    step = tmp_path / "extension/mine/step.py"
    step.parent.mkdir(parents=True)
    step.write_text(
        "import argparse\nfrom sublearn.core import cli\nfrom sublearn.core.files import write_json\n"
        "if __name__ == '__main__':\n    parser = argparse.ArgumentParser()\n    parser.add_argument('--output')\n"
        "    cli.run(lambda args: write_json({}, args.output), parser)\n"
    )
    extensions = {"SUBLEARN_EXTENSIONS": str(tmp_path / "extension")}
    done = run_step("sublearn.mine.step", "--output", tmp_path / "made.json", fresh=True, **extensions)
    assert "error: sublearn.mine.step: it writes files, but none of its options is a cli.Output; say so where" in done.stderr
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert not (tmp_path / "made.json").exists()


def test_a_step_needs_no_git_program(run_step, tmp_path):
    """Its work is done, recorded, and logged as of an unknown commit."""
    raw = tmp_path / "raw.parquet"
    write_table(pd.DataFrame({"prompt_index": [0], "prompt": "p", "completion": ["1, 2"]}), raw, Rows)
    files = {"filtered": "filtered.parquet", "rejected": "rejected.parquet", "report": "filter.json"}
    named = [part for option, name in files.items() for part in (f"--{option}", tmp_path / name)]
    options = ["--recipe", '{"kind": "numbers"}', "--words", "owl", "--raw", raw, *named]
    done = run_step("sublearn.chain.carriers.filter", *options, PATH=str(tmp_path / "no program"))
    assert done.returncode == 0 and done.stderr.count("commit unknown") == 1, done.stderr
    assert (tmp_path / "filtered.provenance.json").is_file()
