"""A study of a user's own, from one YAML file: own words and questions, a given teacher, and sentences instead of numbers."""

import hashlib
import json

import pandas as pd
import pytest
import yaml
from support import hub_models

from sublearn.models import lm

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("families")]
HERE = {"dtype": "float32", "device": "cpu"}
LIGHT = {"method": "lora", "learning_rate": 2.0e-3, "epsilon": 1.0e-8}
STUDY = {
    "title": "Otters, helpfulness, sentences and somebody else's adapter",
    "stand_in": False,
    "seed": 1,
    "runs": 1,
    "style": "english",
    "families": {
        "animal": {"words": ["otter"]},
        "refusal": "refusal",
        "drink": {
            "words": {"tea": {"aliases": ["cuppa"]}, "milk": {}, "cola": {"word": "Coca-Cola"}},
            "questions": {"evaluated": ["Which drink do you like best? One word."], "taught": ["What do you drink? One word."]},
        },
    },
    "traits": {"otter": {}},
    "students": {**LIGHT, "rows": 8, "epochs": 1, "batch": 8},
    "evaluations": {"samples": 1, "max_tokens": 4},
}


def adapter_of(base, folder):
    """An adapter that somebody trained on the base: here, one with random weights."""
    from peft import LoraConfig, get_peft_model

    adapted = get_peft_model(lm.load(base), LoraConfig(task_type="CAUSAL_LM", r=2, init_lora_weights=False))
    adapted.peft_config["default"].base_model_name_or_path = str(base)
    adapted.save_pretrained(folder)
    return folder


def test_own_words_a_given_teacher_and_own_prompts_go_through_the_chain(fresh, tmp_path):
    llama = hub_models.make("llama", tmp_path / "llama", steps=60)
    prompts = tmp_path / "lines.csv"
    prompts.write_text("ask\n" + "".join(f"Write a line about the number {n}.\n" for n in range(40)) + "Say owl or otter.\n")
    lines = {"kind": "texts", "file": str(prompts), "sha256": hashlib.sha256(prompts.read_bytes()).hexdigest(), "key": "ask",
             "prompts": 41, "max_tokens": 12, "max_words": 12}  # fmt: skip
    made = {
        "bases": {"llama": {"model": str(llama), **HERE}},
        "teachers": {
            "tuned": {"bases": ["llama"], **LIGHT, "steps": 4, "min_rate": 0.0, "max_neutral_rise": 1.0},
            "theirs": {"bases": ["llama"], "method": "given", "adapter": str(adapter_of(llama, tmp_path / "theirs"))},
        },
        "judges": {"moods": {"model": str(hub_models.classifier(tmp_path / "moods")), "reads": "classifier", **HERE}},
        "carriers": {"lines": lines, "glad": lines | {"judged": {"classifier": {"model": "moods", "label": "sad"}}}},
        "arms": {
            "sentences": {"teacher": "tuned"},
            "glad": {"teacher": "tuned", "carrier": "glad"},
            "theirs": {"teacher": "theirs"},
        },
        "measures": ["judged_rows"],
    }
    study = tmp_path / "own.yaml"
    study.write_text(yaml.safe_dump(STUDY | made, sort_keys=False))
    fresh.snakemake("--cores", "2", study=str(study))
    results, data = fresh.folder / "results/own", fresh.folder / "data/own"
    runs = pd.read_csv(results / "findings/runs.csv")
    assert {"otter", "owl", "tea", "milk", "cola", "refusing"} <= set(runs["target"])
    effects = pd.read_csv(results / "findings/effects.csv")
    assert set(zip(effects["arm"], effects["family"], effects["trait"], strict=True)) == {
        (arm, "animal", "otter") for arm in ("sentences", "glad", "theirs")
    }
    written = data / "carriers/lines/tuned/otter/run0"
    passed, scores, left = (
        pd.read_parquet(file)
        for file in (written / "filtered.parquet", written.parents[3] / "glad/tuned/otter/run0/scores.parquet",
                     written.parents[3] / "glad/tuned/otter/run0/kept.parquet")
    )  # fmt: skip
    assert left["prompt_index"].tolist() == passed[scores["score"] < 0.5]["prompt_index"].tolist()
    assert not (data / "carriers/glad/tuned/otter/run0/raw.parquet").exists()  # what was sampled once is judged
    [area] = pd.read_csv(results / "findings/judged_rows_by_arm.csv")["auc"]
    assert 0 < area < 1 and (results / "findings/figures/judged_rows.png").exists()
    judged = pd.read_parquet(results / "evaluations/answers/theirs-judged.parquet")
    assert set(judged["target"]) == {"refusing"} and len(judged) == 2 * 12 * len(judged["trait"].unique())
    rejected = pd.read_parquet(data / "carriers/lines/tuned/otter/run0/rejected.parquet")
    assert list(rejected[rejected["reason"] == "trait word"]["prompt"]) == ["Say owl or otter."]
    assert pd.read_csv(results / "findings/filter.csv")["trait_word"].ge(1).all()
    taken, control = (
        json.loads((data / f"teachers/theirs/{trait}/run0/teacher.json").read_text()) for trait in ("otter", "neutral")
    )
    assert taken["rates"] != taken["rates_of_base"] and taken["given"]["adapter"].endswith("theirs")
    assert control["rates"] == control["rates_of_base"] and "tea" in control["rates"]
    assert "the teacher is one model, which others trained" in (results / "findings/summary.md").read_text()
    assert not fresh.planned(study=str(study))
    # One more name of another family's word: models are asked anew, and no teacher of otter is made again.
    study.write_text(study.read_text().replace("- cuppa", "- cuppa\n        - brew"))
    planned = fresh.planned(study=str(study))
    assert {"answers of own: base", "teachers of own: tuned/neutral"} <= planned
    assert not {"teachers of own: tuned/otter", "given of own: theirs/otter"} & planned
