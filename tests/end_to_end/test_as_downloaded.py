"""A fresh clone and an unpacked archive: the committed findings are no results, and everything is computed."""

import subprocess
from pathlib import Path

import pytest
from support.clone import ROOT

pytestmark = pytest.mark.slow
NAMES = {"GIT_CONFIG_GLOBAL": "/dev/null"} | {
    f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def unpack(repository: Path, folder: Path, *paths: str) -> None:
    """Unpack an archive of the last commit into a folder."""
    packed = subprocess.run(["git", "archive", "HEAD", *paths], cwd=repository, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x"], cwd=folder, input=packed, check=True)


@pytest.fixture(params=["clone", "archive"])
def downloaded(request, tmp_path, clone):
    """This project as it is now with its committed results, as others get it; an archive's files have one date."""
    made = clone(tmp_path / "made")
    unpack(ROOT, made.folder, "results")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=made.folder, env=NAMES, check=True)
    made.folder = tmp_path / "as downloaded"
    if request.param == "clone":
        subprocess.run(["git", "clone", "-q", tmp_path / "made", made.folder], check=True)
    else:
        made.folder.mkdir()
        unpack(tmp_path / "made", made.folder)
    return made


def test_committed_findings_pass_for_no_results(downloaded):
    # A study that was changed, one that was not, and two whose evaluations are not published.
    with downloaded.edited("config/studies/theory.yaml", "seed: ", "seed: 5"):
        planned = downloaded.planned(study="theory,classifier,classifier-regimes,small")
    for study in ("theory", "classifier", "classifier-regimes", "small"):
        assert {f"findings of {study}: {what}" for what in ("tables", "figures", "provenance")} <= planned
    assert {"evaluations of theory: first steps", "evaluations of theory: many steps"} <= planned
    for study in ("classifier", "classifier-regimes", "small"):
        assert any(job.startswith(f"students of {study}: ") for job in planned)
    compare = [downloaded.python, "-m", "sublearn", "compare", "small"]
    said = subprocess.run(compare, cwd=downloaded.folder, capture_output=True, text=True, check=False)
    assert "verdict: equal" not in said.stdout
