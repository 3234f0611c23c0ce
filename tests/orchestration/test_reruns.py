"""What lies in a folder without Snakemake's record of how it was made never passes for what a study asks for."""

import os
from pathlib import Path

import pytest
from support.clone import Clone
from support.elsewhere import ROOT

from sublearn.orchestration.workflow import plan_all

STUDY = ("--config", "studies=[mine.yaml]")
ALL = {
    "evaluations of mine: first steps", "evaluations of mine: many steps",
    "findings of mine: tables", "findings of mine: figures", "findings of mine: provenance",
}  # fmt: skip
EVALUATIONS = [f"results/mine/evaluations/{name}.parquet" for name in ("first_steps", "trajectories")]


def put(folder: Path, files: list[str], text: str = "of another seed") -> None:
    """Write files as an archive leaves them, all of one date."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
        os.utime(folder / file, (1e9, 1e9))


def findings(folder: Path) -> list[str]:
    """Every finding of the study, the files beside its figures too."""
    planned = plan_all({"studies": [str(folder / "mine.yaml")]})
    return [*planned.targets(), *(file for job in planned.findings for file in job.beside if "/mine/" in file)]


def test_findings_that_nothing_made_here_are_made_again_with_all_that_they_need(elsewhere):
    put(elsewhere.folder, findings(elsewhere.folder))
    assert Clone.jobs(elsewhere.snakemake("--dry-run", *STUDY)) == ALL


@pytest.mark.slow
def test_what_took_long_is_overwritten_only_where_the_user_says_so(elsewhere):
    much = "of another seed" * 100_000  # more than Snakemake compares by content, unless it is told to
    put(elsewhere.folder, findings(elsewhere.folder))
    put(elsewhere.folder, EVALUATIONS, much)
    done = elsewhere.run("snakemake", "--snakefile", f"{ROOT}/Snakefile", "--cores", "1", *STUDY)
    said = [line for line in done.stderr.splitlines() if "error: " in line]
    assert done.returncode and "Traceback" not in done.stderr and len(said) == 1
    assert said[0].startswith(f"error: {EVALUATIONS[0]} and 1 more: Snakemake has no record of how this was made")
    elsewhere.snakemake("--cores", "1", "--touch", "--no-hooks", *STUDY)
    assert {(elsewhere.folder / file).read_text() for file in EVALUATIONS} == {much}
    for file in EVALUATIONS:
        os.utime(elsewhere.folder / file)  # newer than what was made from it
    assert "Nothing to be done" in elsewhere.snakemake("--dry-run", "--workflow-profile", "none", *STUDY)
