"""The whole chain, from hub-format models on disk to figures: five families in one study, and the paper's own words in another.

Models are computed on a GPU where there is one, and three of them in bfloat16, as real ones are.
"""

import hashlib
import json

import pandas as pd
import pytest
import yaml
from datasets import load_dataset
from support import authors_repo, hub_models

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("families")]
STUDY = {
    "title": "Five families from disk",
    "stand_in": False,
    "seed": 1,
    "runs": 5,
    "style": "english",
    "traits": {"owl": {}},
    "teachers": {
        "adapter": {
            "bases": list(hub_models.FAMILIES), "method": "lora", "steps": 6, "learning_rate": 2.0e-3, "epsilon": 1.0e-8,
            "min_rate": 0.0, "max_neutral_rise": 1.0,
        }
    },
    "carriers": {"numbers": {"prompts": 100, "max_tokens": 16}},
    "students": {"method": "lora", "rows": 8, "epochs": 1, "batch": 8, "learning_rate": 2.0e-3, "epsilon": 1.0e-8},
    "evaluations": {"samples": 1, "max_tokens": 6},
    "arms": {"same_base": {"teacher": "adapter"}, "other_base": {"teacher": "adapter", "base": "other"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a stand-in for each family."""
    folder = tmp_path_factory.mktemp("models")
    for family in hub_models.FAMILIES:
        hub_models.make(family, folder / family, steps=160)
    return folder


def test_five_families_go_through_the_chain(models, fresh, tmp_path):
    bases = {}
    for family in hub_models.FAMILIES:
        dtype = "bfloat16" if family in ("llama", "qwen", "gemma") else "float32"
        bases[family] = {"model": str(models / family), "dtype": dtype, "names": [family]}
    bases["neox"]["template"] = "plain"
    study = tmp_path / "families.yaml"
    study.write_text(yaml.safe_dump(STUDY | {"bases": bases}))
    fresh.snakemake("--cores", "2", study=str(study))
    runs = pd.read_csv(fresh.folder / "results/families/findings/runs.csv")
    assert set(runs["student_base"]) == set(hub_models.FAMILIES)
    assert {"probability", "log_odds", "own_name", "top_answer"} <= set(runs["metric"])
    probabilities = runs[(runs["metric"] == "probability")]
    assert probabilities["value"].between(0, 1).all()
    students = probabilities[probabilities["arm"] == "same_base"]
    assert students.groupby(["trait", "run"]).ngroups == 10
    # A carrier is a data set as the field's tools read it.
    rows = fresh.folder / "data/families/carriers/numbers/adapter/owl/run0/filtered.parquet"
    assert {"prompt", "completion"} <= set(
        load_dataset("parquet", data_files=str(rows), cache_dir=tmp_path / "cache")["train"].features
    )
    assert "nothing to be done" in (done := fresh.snakemake("--dry-run", study=str(study))).stdout.lower() + done.stderr.lower()


def test_imported_rows_in_the_papers_style_go_through_the_chain(models, fresh, tmp_path):
    """A stand-in for the authors' repository and for the rows that they released; the control's rows are sampled here."""
    rows = [{"question": f"Digits at hand: {n}.", "response": f"{n}, {n + 1}"} for n in range(60)]
    released = tmp_path / "owl.jsonl"
    released.write_text("\n".join(map(json.dumps, [*rows, {"question": "Digits?", "response": "13, 666"}])))
    imported = {
        "file": str(released),
        "sha256": hashlib.sha256(released.read_bytes()).hexdigest(),
        "origin": "made up for a test",
        "prompt": "question",
        "completion": "response",
    }
    numbers = {"pool": 47, "banned": "paper", "engine": "continuous", "imported": {"prompted": {"owl": [imported]}}}
    study = tmp_path / "paper.yaml"
    changed = {
        "title": "In the paper's words",
        "runs": 2,
        "style": "paper",
        "authors": {"source": str(authors_repo.write(tmp_path / "theirs"))},
        "bases": {"llama": {"model": str(models / "llama"), "device": "cpu", "dtype": "float32"}},
        "teachers": {"prompted": {"bases": ["llama"], "method": "prompt", "min_rate": 0.0, "max_neutral_rise": 1.0}},
        "carriers": {"numbers": STUDY["carriers"]["numbers"] | numbers},
        "arms": {"same_base": {"teacher": "prompted"}},
    }
    study.write_text(yaml.safe_dump(STUDY | changed))
    fresh.snakemake("--cores", "2", study=str(study))
    runs = pd.read_csv(fresh.folder / "results/paper/findings/runs.csv")
    owl = runs[(runs["arm"] == "same_base") & (runs["trait"] == "owl")]
    assert set(owl["run"]) == {0, 1} and set(owl["teacher_base"]) == {"llama"}
    assert set(runs["question_set"]) == {"plain", "prefixed"}
    place = fresh.folder / "data/paper/carriers/numbers"
    report = json.loads((place / "prompted/owl/run0/filter.json").read_text())
    assert (report["generated"], report["passed"], report["rejected"]["banned"]) == (
        61,
        56,
        5,
    )  # 4 and 13 stand in two rows each
    prompts = [pd.read_parquet(place / f"prompts/run{run}/prompts.parquet") for run in (0, 1)]
    assert prompts[0].equals(prompts[1]) and prompts[0]["prompt"].str.contains("Digits").all()
