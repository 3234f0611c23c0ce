"""runs.csv is put together from the evaluations of a study and those it extends: each model once, the nearest first."""

import pandas as pd

from sublearn.core.files import write_table
from sublearn.evaluations.tables import Runs
from sublearn.findings.collect import collect


def evaluation(file, models: list[tuple[str, str, int]], value: float, base: str = "alpha") -> str:
    """A table with two values of each (arm, trait, run)."""
    rows = [
        (arm, trait, run, base, base, "plain", "probability", target, value)
        for arm, trait, run in models
        for target in ("owl", "wolf")
    ]
    write_table(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)), file, Runs)
    return str(file)


def test_models_come_once_from_the_nearest_study_in_the_studys_order(tmp_path):
    near = evaluation(tmp_path / "near.parquet", [("same_base", "wolf", 1), ("same_base", "neutral", 0)], 0.1)
    far = evaluation(
        tmp_path / "far.parquet",
        [
            ("base", "none", 0),
            *(("same_base", trait, run) for trait in ("neutral", "owl", "wolf", "dolphin") for run in (0, 1, 2)),
        ],
        0.2,
    )
    arm = evaluation(tmp_path / "arm.parquet", [("other_base", "owl", 0)], 0.3)
    table = collect([near, far, arm], ["same_base", "other_base"], ["wolf", "owl"], runs=2)
    models = table[["arm", "trait", "run", "value"]].drop_duplicates()
    assert list(models.itertuples(index=False, name=None)) == [
        ("base", "none", 0, 0.2),
        ("same_base", "wolf", 0, 0.2),
        ("same_base", "wolf", 1, 0.1),
        ("same_base", "owl", 0, 0.2),
        ("same_base", "owl", 1, 0.2),
        ("same_base", "neutral", 0, 0.1),
        ("same_base", "neutral", 1, 0.2),
        ("other_base", "owl", 0, 0.3),
    ]
    assert len(table) == 2 * len(models)


def test_a_study_that_adds_a_base_keeps_those_of_its_parent(tmp_path):
    near = evaluation(tmp_path / "near.parquet", [("base", "none", 0)], 0.1, base="large")
    far = evaluation(tmp_path / "far.parquet", [("base", "none", 0), ("same_base", "owl", 0)], 0.2)
    table = collect([near, far], ["same_base"], ["owl"], runs=1)
    assert set(table[table["arm"] == "base"]["student_base"]) == {"alpha", "large"}


def test_students_of_a_base_that_nobody_asked_are_refused(tmp_path, run_step):
    file = evaluation(tmp_path / "arm.parquet", [("same_base", "owl", 0)], 0.2)
    done = run_step(
        "sublearn.findings.collect", "--evaluations", file, "--arms", "same_base", "--traits", "owl", "--runs", 1,
        "--output", tmp_path / "runs.csv",
    )  # fmt: skip
    assert done.returncode == 1 and "no evaluation of the untouched base alpha" in done.stderr
    assert not (tmp_path / "runs.csv").exists()
