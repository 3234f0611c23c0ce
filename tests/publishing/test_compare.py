"""Tables are equal when their text is and their numbers are to 1e-12."""

import base64
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sublearn.core.errors import UserError
from sublearn.publishing import compare
from sublearn.publishing.compare import difference

TABLE = pd.DataFrame({"arm": ["same_base", None], "effect": [0.5, np.nan], "runs": [4, 4]})


def changed(column: str, row: int, value: object) -> pd.DataFrame:
    table = TABLE.copy()
    table[column] = [value if i == row else old for i, old in enumerate(table[column])]
    return table


def test_equal_tables_do_not_differ():
    assert difference(TABLE, TABLE.copy()) == ""
    assert difference(TABLE.head(0), TABLE.head(0)) == ""
    assert difference(TABLE[["effect"]].tail(1), TABLE[["effect"]].tail(1)) == ""


def test_numbers_may_differ_by_rounding_and_no_more():
    assert difference(changed("effect", 0, 0.5 + 1e-13), TABLE) == ""
    assert difference(changed("effect", 0, 0.5 + 3e-12), TABLE) == "differs by up to 3e-12"
    assert difference(changed("runs", 1, 5), TABLE) == "differs by up to 1"


@pytest.mark.parametrize(("row", "value"), [(0, np.nan), (1, 0.5)])
def test_a_missing_number_differs_from_a_number(row, value):
    assert difference(changed("effect", row, value), TABLE).startswith("differs")


def test_text_must_be_the_same():
    assert difference(changed("arm", 0, "other_base"), TABLE) == "differs in arm"
    assert difference(changed("arm", 1, "other_base"), TABLE) == "differs in arm"
    assert difference(changed("effect", 0, "half"), TABLE) == "differs in effect"


def test_rows_and_columns_must_be_the_same():
    for other in (
        TABLE.head(1),
        TABLE[["arm", "runs"]],
        TABLE[["runs", "effect", "arm"]],
        TABLE.rename(columns={"runs": "run"}),
    ):
        assert difference(other, TABLE) != ""
        assert difference(TABLE, other) != ""


@pytest.fixture
def findings(tmp_path, monkeypatch, capsys):
    """A folder of a repository with committed findings of one study; compares what lies there now and returns what was said."""
    tmp_path /= "project"
    (tmp_path / "config/studies").mkdir(parents=True)
    (tmp_path / "config/config.yaml").write_text("studies: [mine]\n")
    study = "kind: theory\nseed: 1\ndraws: 3\nsteps: [0.01, 0.1]\ntolerance: 0.001\n"
    (tmp_path / "config/studies/mine.yaml").write_text(study)
    folder = tmp_path / "results/mine/findings"
    (folder / "figures").mkdir(parents=True)
    (folder / "claims.csv").write_text("claim,measured,ci_low,ci_high,verdict\na,0.5,0.2,0.8,reproduced\nb,0.3,,,reproduced\n")
    for name in ("gamma", "rates"):
        (folder / f"figures/{name}.csv").write_text("value\n0.5\n")
        (folder / f"figures/{name}.svg").write_text(f"<svg>{name}</svg>")
    (folder / "summary.md").write_text("# Mine\n")
    (folder / "metrics.json").write_text('{"claims": {"a": {"measured": 0.5}}}')
    (folder / "study.yaml").write_text("seed: 1\n")
    records = tmp_path / ".snakemake/metadata"
    records.mkdir(parents=True)
    for file in [file for file in folder.rglob("*") if file.is_file()]:
        (records / base64.urlsafe_b64encode(str(file.relative_to(tmp_path)).encode()).decode()).touch()
    commit = ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "mine"]
    for command in (["init", "-q", ".."], ["add", "-A"], commit):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)

    def run(*studies, strict=False, verdicts=False):
        capsys.readouterr()
        compare.main(compare.argparse.Namespace(studies=studies, strict=strict, verdicts=verdicts, dry_run=False))
        return capsys.readouterr().out.splitlines()

    return folder, run


def test_every_file_has_a_line_and_equal_ones_an_equal_verdict(findings):
    _, run = findings
    said = run(strict=True, verdicts=True)
    assert len(said) == 9 and all(line.endswith(": equal") for line in said[:-1])
    assert said[-1] == "verdict: equal; all 3 tables (the figures' data among them) and 2 figures are the committed ones"


def test_a_committed_file_that_nothing_has_made_here_is_not_compared_with_itself(findings):
    _, run = findings
    shutil.rmtree(".snakemake")
    said = run()
    assert "results/mine/findings/claims.csv: not made here, so it is the committed file itself" in said
    assert said[-1].startswith("verdict: none; 8 of 8 files were not made here")
    for option in ("strict", "verdicts"):
        with pytest.raises(UserError, match=r"claims\.csv: not made here"):
            run(**{option: True})


def test_findings_of_another_study_are_not_the_committed_ones(findings):
    folder, run = findings
    (folder / "study.yaml").write_text("seed: 5\n")
    assert run()[-1] == "verdict: different, 1 of 8 files: results/mine/findings/study.yaml"


def test_a_changed_number_is_named_with_its_figure_alone(findings):
    folder, run = findings
    (folder / "figures/rates.csv").write_text("value\n0.6\n")
    (folder / "figures/rates.svg").write_text("<svg>higher</svg>")
    said = run()
    names = ", ".join(f"results/mine/findings/figures/rates.{suffix}" for suffix in ("csv", "svg"))
    assert said[-1] == f"verdict: different, 2 of 8 files: {names}"
    assert "results/mine/findings/figures/rates.csv: differs by up to 0.1" in said
    with pytest.raises(UserError, match="2 of 8 findings are not the committed ones"):
        run(strict=True)


def test_other_bytes_of_a_drawing_with_the_same_data_are_no_difference(findings):
    folder, run = findings
    (folder / "figures/rates.csv").write_text("value\n0.5004\n")  # within what the study allows
    (folder / "figures/rates.svg").write_text("<svg>another font</svg>")
    (folder / "metrics.json").write_text('{"claims": {"a": {"measured": 0.5001}}}')
    said = run(strict=True)
    assert f"results/mine/findings/figures/rates.svg: {compare.DRAWN_OTHERWISE}" in said
    assert said[-1].startswith("verdict: equal")


def test_missing_files_other_words_and_other_verdicts_are_named(findings):
    folder, run = findings
    (folder / "figures/gamma.svg").unlink()
    (folder / "summary.md").write_text("# Yours\n")
    (folder / "claims.csv").write_text("claim,verdict\na,opposite\n")  # without what was measured
    said = run()
    assert said[-1].startswith("verdict: different, 3 of 8 files: ")
    assert "results/mine/findings/figures/gamma.svg: is missing" in said
    assert "results/mine/findings/summary.md: differs in the text" in said
    with pytest.raises(UserError, match=r"claims\.csv: the verdicts are not the committed ones"):
        run(verdicts=True)


@pytest.mark.parametrize(
    ("measured", "contradicts"), [("0.3,0.1,0.5", False), ("0.81,0.7,0.9", True), ("0.19,0.1,0.3", True), (",,", True)]
)
def test_another_verdict_contradicts_where_the_measured_value_leaves_the_committed_interval(findings, measured, contradicts):
    folder, run = findings
    rows = f"claim,measured,ci_low,ci_high,verdict\na,{measured},not_reproduced\nb,0.01,,,not_reproduced\n"
    (folder / "claims.csv").write_text(rows)
    if contradicts:
        with pytest.raises(UserError, match=r"claims\.csv: the verdicts are not the committed ones \(a\)\.$"):
            run(verdicts=True)
    else:
        said = run(verdicts=True)
        words = "has another verdict, but its measured value lies in the committed interval"
        assert [line.partition(".csv: ")[2] for line in said if "another" in line] == [f"{claim} {words}" for claim in "ab"]


def test_other_claims_contradict_the_committed_ones(findings):
    folder, run = findings
    (folder / "claims.csv").write_text("claim,measured,ci_low,ci_high,verdict\nc,0.5,0.2,0.8,reproduced\n")
    with pytest.raises(UserError, match=r"claims\.csv: the verdicts are not the committed ones"):
        run(verdicts=True)


def test_with_nothing_committed_nothing_is_equal(findings):
    _, run = findings
    shutil.copy("config/studies/mine.yaml", "config/studies/other.yaml")
    for options in ({}, {"strict": True}, {"verdicts": True}):
        with pytest.raises(
            UserError, match=r"^results/other/findings: the last commit holds no findings there, so nothing was"
        ):
            run("other", **options)
    assert "results/other/findings: not compared, since the last commit holds no findings there" in run("mine", "other")
    for options in ({"strict": True}, {"verdicts": True}):
        with pytest.raises(
            UserError, match=r"^results/other/findings: the last commit holds no findings there to compare with"
        ):
            run("mine", "other", **options)


@pytest.mark.parametrize("metrics", ["", "null", "3", "[1, 2]", '{"claims": null}', "[" * 100_000])
def test_metrics_of_another_form_differ(findings, metrics):
    folder, run = findings
    (folder / "metrics.json").write_text(metrics)
    assert run()[-1] == "verdict: different, 1 of 8 files: results/mine/findings/metrics.json"


@pytest.mark.parametrize(
    "config", ["", "studies: null\n", "studies: 3\n", "studies: [null]\n", "studies: []\n", "extensions: []\n"]
)
def test_without_a_list_of_studies_nothing_is_compared(findings, config):
    _, run = findings
    Path("config/config.yaml").write_text(config)
    with pytest.raises(UserError, match=r"^studies: found .*; name one study or more in config/config\.yaml, or by --config "):
        run()


def test_what_cannot_be_read_differs(findings):
    folder, run = findings
    for name in ("claims.csv", "metrics.json", "summary.md"):
        (folder / name).write_bytes(b"\xff\x00")
    assert run()[-1].startswith("verdict: different, 3 of 8 files: ")
    with pytest.raises(UserError, match=r"claims\.csv: the verdicts are not the committed ones"):
        run(verdicts=True)
