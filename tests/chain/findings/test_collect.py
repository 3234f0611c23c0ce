"""runs.csv is put together from the evaluations of a study and those it extends: each model once, the nearest first."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.evaluations.coverage import COVERAGE
from sublearn.chain.evaluations.tables import Coverage, Runs
from sublearn.chain.findings.collect import collect
from sublearn.core.errors import UserError
from sublearn.core.files import read_nearest, write_table


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


def test_students_of_a_base_that_nobody_asked_are_refused(tmp_path):
    file = evaluation(tmp_path / "arm.parquet", [("same_base", "owl", 0)], 0.2)
    with pytest.raises(UserError, match="no answers of the untouched base alpha, which students start from"):
        collect([file], ["same_base"], ["owl"], runs=1)
    with pytest.raises(UserError, match="no answers of other_base in "):
        collect([file], ["same_base", "other_base"], ["owl"], runs=1)


def test_coverage_takes_a_student_from_the_nearest_study(tmp_path):
    """A child that changes one trait has its own table of coverage; its parent's still holds the old student."""
    rows = [
        (arm, trait, 0, None, "alpha", "plain", "probability", target, value)
        for arm, trait, values in (("base", "none", (0.1, 0.1)), ("a", "owl", (0.6, 0.1)), ("a", "neutral", (0.1, 0.1)))
        for target, value in zip(("owl", "wolf"), values, strict=True)
    ]
    runs = Runs.validate(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)))
    files = [str(tmp_path / f"{place}.parquet") for place in ("near", "far")]
    for file, u in zip(files, (0.5, 0.9), strict=True):
        write_table(pd.DataFrame([("a", "owl", 0, u, u, u)], columns=list(Coverage.to_schema().columns)), file, Coverage)
    joined = COVERAGE.finding(read_nearest(files, Coverage), runs)
    assert list(joined["update"]) == [0.5] and list(joined["family"]) == ["animal"]
    assert joined["effect"][0] == pytest.approx(np.log(0.6 / 0.4) - np.log(0.1 / 0.9))


def test_a_student_that_changed_its_base_counts_once(tmp_path):
    near = evaluation(tmp_path / "near.parquet", [("a", "owl", 0)], 0.1, base="beta")
    far = evaluation(tmp_path / "far.parquet", [("base", "none", 0), ("a", "owl", 0)], 0.2)
    other = evaluation(tmp_path / "other.parquet", [("base", "none", 0)], 0.3, base="beta")
    table = collect([near, far, other], ["a"], ["owl"], runs=1).drop_duplicates(["arm", "student_base"])
    found = table[["arm", "student_base", "value"]].itertuples(index=False, name=None)
    assert sorted(found) == [("a", "beta", 0.1), ("base", "alpha", 0.2), ("base", "beta", 0.3)]
