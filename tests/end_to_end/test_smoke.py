"""The chain in miniature, as users run it: twice the same bytes, figures, a report, and a sentence where it breaks."""

import numpy as np
import pytest

from sublearn.reporting.costs import measured

pytestmark = pytest.mark.slow
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
        "summary.md",
    ):
        assert smoke.read(f"{FOUND}/{name}")
    for figure in ("rates", "base_matrix", "gamma", "trait_matrix", "calibration", "training"):
        assert smoke.read(f"{FOUND}/figures/{figure}.svg").startswith(b"<?xml")
        assert smoke.read(f"{FOUND}/figures/{figure}.png").startswith(b"\x89PNG")
        assert smoke.read(f"{FOUND}/figures/{figure}.csv").count(b"\n") > 1


def test_one_core_and_another_folder_give_the_same_bytes(smoke, fresh):
    done = fresh.snakemake("--cores", "1", "--verbose")
    said = done.stdout + done.stderr
    # Snakemake looks at all waiting jobs when one has ended, and not besides, which takes a core in a long study.
    assert 0 < said.count("Ready jobs: ") <= said.count("Finished jobid: ") + 5
    for name in ("runs.csv", "effects.csv", "arms.csv", "figures/rates.svg", "figures/gamma.svg"):
        assert fresh.read(f"{FOUND}/{name}") == smoke.read(f"{FOUND}/{name}"), name
    # So DVC sees no difference in data, weights, tables and records of provenance.
    for top in ("data/smoke", "results/smoke"):
        files = {file.relative_to(fresh.folder) for file in (fresh.folder / top).rglob("*") if file.is_file()}
        assert len(files) > 40 and [name for name in sorted(files) if fresh.read(name) != smoke.read(name)] == []


def test_redrawn_findings_are_the_same(smoke):
    names = ("effects.csv", "arms.csv", "numbers.csv", "figures/rates.svg", "figures/trait_matrix.svg")
    before = {name: smoke.read(f"{FOUND}/{name}") for name in names}
    smoke.snakemake("--cores", "2", "--forcerun", "runs", "numbers")
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


def test_a_truncated_table_is_named_and_nothing_is_left(smoke):
    file = smoke.folder / "data/smoke/carriers/bias/owl/run0/kept.parquet"
    student = smoke.folder / "results/smoke/students/same_base/owl/run0"
    whole, model = file.read_bytes(), (student / "model.safetensors").read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    try:
        done = smoke.snakemake("--cores", "2", "--until", "students_smoke", check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        assert f"error: {file.relative_to(smoke.folder)}: damaged or truncated" in said and "Traceback" not in said
        assert not list(student.glob(".partial*"))
    finally:
        file.write_bytes(whole)
    smoke.snakemake("--cores", "2")
    assert (student / "model.safetensors").read_bytes() == model


def test_every_kind_of_arm_runs_and_takes_what_smoke_has_made(smoke):
    smoke.snakemake("--cores", "2", study="smoke-controls")
    found = "results/smoke-controls"
    assert smoke.read(f"{found}/findings/figures/shuffles.svg").startswith(b"<?xml")
    arms = {line.split(",")[0] for line in smoke.read(f"{found}/findings/effects.csv").decode().splitlines()[1:]}
    assert {"same_base", "shuffled_across", "other_architecture", "same_adapter", "prompted_teacher", "full_soft"} <= arms
    assert smoke.read(f"{found}/students/same_adapter/owl/run0/adapter_model.safetensors")
    # What it shares with smoke is smoke's.
    assert not (smoke.folder / found / "students/same_base").exists()
    assert not (smoke.folder / "data/smoke-controls/bases/alpha").exists()


def test_a_shared_adapter_starts_where_its_teacher_started(smoke):
    """Their first factors are drawn alike, and another's are not: what is left of it after training tells."""
    import torch
    from safetensors.torch import load

    def adapter(folder):
        weights = load(smoke.read(f"{folder}/owl/run0/adapter_model.safetensors"))
        return torch.cat([weights[name].flatten() for name in sorted(weights) if "lora_A" in name])

    teacher = adapter("data/smoke-controls/teachers/adapter")
    same, other = (adapter(f"results/smoke-controls/students/{arm}") for arm in ("same_adapter", "other_adapter"))
    alike = torch.nn.functional.cosine_similarity
    assert alike(teacher, same, dim=0) > 0.5 > abs(alike(teacher, other, dim=0))
