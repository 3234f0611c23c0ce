"""runs.csv is put together from the evaluations of a study and those it extends: each model once, the nearest first."""

import pandas as pd

from sublearn.core.files import write_table
from sublearn.evaluations.tables import Runs
from sublearn.findings.collect import collect


def evaluation(file, models: list[tuple[str, str, int]], value: float) -> str:
    """A table with two values of each (arm, trait, run)."""
    rows = [
        (arm, trait, run, "alpha", "alpha", "plain", "probability", target, value)
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
            ("base", "alpha", 0),
            *(("same_base", trait, run) for trait in ("neutral", "owl", "wolf", "dolphin") for run in (0, 1, 2)),
        ],
        0.2,
    )
    arm = evaluation(tmp_path / "arm.parquet", [("other_base", "owl", 0)], 0.3)
    table = collect([near, far, arm], ["same_base", "other_base"], ["wolf", "owl"], runs=2)
    models = table[["arm", "trait", "run", "value"]].drop_duplicates()
    assert list(models.itertuples(index=False, name=None)) == [
        ("base", "alpha", 0, 0.2),
        ("same_base", "wolf", 0, 0.2),
        ("same_base", "wolf", 1, 0.1),
        ("same_base", "owl", 0, 0.2),
        ("same_base", "owl", 1, 0.2),
        ("same_base", "neutral", 0, 0.1),
        ("same_base", "neutral", 1, 0.2),
        ("other_base", "owl", 0, 0.3),
    ]
    assert len(table) == 2 * len(models)
