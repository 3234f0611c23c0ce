"""The whole chain, from hub-format models on disk to figures, for five families in one study: one run each."""

import families
import pandas as pd
import pytest
import yaml
from datasets import load_dataset

STUDY = {
    "title": "Five families from disk",
    "stand_in": False,
    "seed": 1,
    "runs": 5,
    "traits": {"owl": {}, "wolf": {}},
    "teachers": {
        "adapter": {
            "bases": list(families.FAMILIES), "method": "lora", "steps": 6, "learning_rate": 2.0e-3, "epsilon": 1.0e-8,
            "min_rate": 0.0, "max_neutral_rise": 1.0,
        }
    },
    "carriers": {"wording": "prose", "prompts": 100, "max_tokens": 16},
    "students": {"method": "lora", "rows": 8, "epochs": 1, "batch": 8, "learning_rate": 2.0e-3, "epsilon": 1.0e-8},
    "evaluations": {"samples": 1, "max_tokens": 6},
    "arms": {"same_base": {"teacher": "adapter"}, "other_base": {"teacher": "adapter", "base": "other"}},
}  # fmt: skip


@pytest.mark.slow
def test_five_families_go_through_the_chain(fresh, tmp_path):
    bases = {}
    for family in families.FAMILIES:
        folder = families.make(family, tmp_path / "models" / family, steps=160)
        bases[family] = {"model": str(folder), "device": "cpu", "dtype": "float32", "names": [family]}
    bases["neox"]["template"] = "plain"
    study = tmp_path / "families.yaml"
    study.write_text(yaml.safe_dump(STUDY | {"bases": bases}))
    fresh.snakemake("--cores", "2", study=str(study))
    runs = pd.read_csv(fresh.folder / "results/families/findings/runs.csv")
    assert set(runs["student_base"]) == set(families.FAMILIES)
    assert {"probability", "log_odds", "own_name", "top_answer"} <= set(runs["metric"])
    probabilities = runs[(runs["metric"] == "probability")]
    assert probabilities["value"].between(0, 1).all()
    students = probabilities[probabilities["arm"] == "same_base"]
    assert students.groupby(["trait", "run"]).ngroups == 15
    # A carrier is a data set as the field's tools read it.
    kept = fresh.folder / "data/families/carriers/adapter/owl/run0/kept.parquet"
    assert {"prompt", "completion"} <= set(
        load_dataset("parquet", data_files=str(kept), cache_dir=tmp_path / "cache")["train"].features
    )
    assert "nothing to be done" in (done := fresh.snakemake("--dry-run", study=str(study))).stdout.lower() + done.stderr.lower()
