"""The smoke study as users run it, and every kind of arm on top of it: tables, figures, a report, and what it took."""

import json

import numpy as np
import pytest
import yaml

from sublearn.core.records import NAME
from sublearn.orchestration.workflow import plan
from sublearn.reporting.costs import measured

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("smoke")]
FOUND = "results/smoke/findings"


def test_tables_and_figures_are_there(smoke):
    for name in (
        "runs.csv",
        "effects.csv",
        "arms.csv",
        "claims.csv",
        "numbers.csv",
        "first_numbers.csv",
        "filter.csv",
        "coverage.csv",
        "summary.md",
        "study.yaml",
    ):
        assert smoke.read(f"{FOUND}/{name}")
    for figure in ("rates", "base_matrix", "gamma", "trait_matrix", "calibration", "training", "coverage"):
        assert smoke.read(f"{FOUND}/figures/{figure}.svg").startswith(b"<?xml")
        assert smoke.read(f"{FOUND}/figures/{figure}.png").startswith(b"\x89PNG")
        assert smoke.read(f"{FOUND}/figures/{figure}.csv").count(b"\n") > 1


def test_redrawn_findings_are_the_same(smoke):
    names = ("effects.csv", "arms.csv", "numbers.csv", "figures/rates.svg", "figures/trait_matrix.svg")
    before = {name: smoke.read(f"{FOUND}/{name}") for name in names}
    smoke.snakemake("--cores", "2", "--forcerun", "tables_smoke")
    assert {name: smoke.read(f"{FOUND}/{name}") for name in names} == before


def test_the_report_is_one_page_with_captions(smoke):
    smoke.snakemake("--report", "results/report.html")
    page = smoke.read("results/report.html").decode()
    assert "the unit of every statistic" in page and "tiny stand-in models" in page
    # What the run cost is in it although no rule makes it, and for that no job is to be run.
    assert "What it cost to make these studies" in page and b"<svg" in smoke.read("logs/costs.svg")
    jobs = [line.split(",")[1:3] for line in smoke.read("logs/costs.csv").decode().splitlines()[1:]]
    assert ["students", "students/same_base/owl"] in jobs and ["students", "all"] in jobs
    assert smoke.planned() == set()


def test_every_job_kept_to_its_memory(smoke):
    peaks = [measured(file)["max_rss"] for file in (smoke.folder / "logs/smoke").rglob("*.benchmark.tsv")]
    assert np.nanmax(peaks) < 1500  # nothing is known of jobs of less than half a second


def test_records_name_what_the_plan_says(smoke):
    """Every artifact has a record, whose inputs are those of its own run, as planned."""
    found = plan("smoke")
    checked = 0
    for artifact in [each for each in found.everything if each.kind not in ("answers", "coverage")]:
        folder = smoke.folder / artifact.folder
        records = [json.loads(file.read_text()) for file in folder.glob(f"*{NAME}")]
        record = next(one for one in records if set(artifact.names) <= set(one["outputs"]))
        inputs = {name for part in record["inputs"].values() for name in part}
        parts = [set(part.files) for part in artifact.inputs.values()]
        # A step that names one file of an artifact has read that one, else its folder; of each part something, of others none.
        assert inputs <= set().union(*parts) and all(inputs & part for part in parts), artifact.folder
        assert record["seeds"].get("run") == (artifact.run if artifact.kind != "filtered" else None)
        checked += 1
    assert checked > 40


@pytest.fixture(scope="module")
def controls(smoke):
    """smoke-controls with owl alone where its arms have every trait, made on what smoke has made."""
    study = yaml.safe_load((smoke.folder / "config/studies/smoke-controls.yaml").read_text())
    for arm in study["arms"].values():
        if arm:
            arm["traits"] = ["owl"]
    (smoke.folder / "config/studies/controls.yaml").write_text(yaml.safe_dump(study))
    smoke.snakemake("--cores", "2", study="controls")
    return smoke


def test_every_kind_of_arm_runs_and_takes_what_smoke_has_made(controls):
    found = "results/controls"
    assert controls.read(f"{found}/findings/figures/shuffles.svg").startswith(b"<?xml")
    arms = {line.split(",")[0] for line in controls.read(f"{found}/findings/effects.csv").decode().splitlines()[1:]}
    asked = set(yaml.safe_load((controls.folder / "config/studies/controls.yaml").read_text())["arms"])
    assert asked - {"other_base"} | {"same_base"} <= arms
    assert controls.read(f"{found}/students/same_adapter/owl/run0/adapter_model.safetensors")
    # What it shares with smoke is smoke's.
    assert not (controls.folder / found / "students/same_base").exists()
    assert not (controls.folder / "data/controls/bases/alpha").exists()


def test_a_shared_adapter_starts_where_its_teacher_started(controls):
    """Their first factors are drawn alike, and another's are not: what is left of it after training tells."""
    import torch
    from safetensors.torch import load

    def adapter(folder):
        weights = load(controls.read(f"{folder}/owl/run0/adapter_model.safetensors"))
        return torch.cat([weights[name].flatten() for name in sorted(weights) if "lora_A" in name])

    teacher = adapter("data/controls/teachers/adapter")
    same, other = (adapter(f"results/controls/students/{arm}") for arm in ("same_adapter", "other_adapter"))
    alike = torch.nn.functional.cosine_similarity
    assert alike(teacher, same, dim=0) > 0.5 > abs(alike(teacher, other, dim=0))
