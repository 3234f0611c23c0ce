"""docs/studies.md lists every study of config/studies, with the command that runs it and whether git has its findings."""

import re
from pathlib import Path

import pytest

from sublearn.orchestration import studies
from sublearn.reporting.scorecard_rows import command

FOLDER = Path("config/studies")
LINES = re.findall(
    r"^\| `([^`]+)` \| .+ \| (run|ready|-) \| `([^`]+)` \|$", Path("docs/studies.md").read_text(), flags=re.MULTILINE
)


def test_every_study_is_there_once():
    there = sorted(str(file.relative_to(FOLDER).with_suffix("")) for file in FOLDER.rglob("*.yaml"))
    assert sorted(name for name, _, _ in LINES) == there, "docs/studies.md has a line for each study in config/studies"


@pytest.mark.parametrize(("name", "state", "said"), LINES, ids=[name for name, _, _ in LINES])
def test_a_study_has_its_command_and_state(name, state, said):
    study = studies.load(name)
    assert said == command(study, name)
    found = Path("results", study.name, "findings/summary.md").exists() or Path("results/robustness", study.name).exists()
    assert state == ("-" if "for tests" in study.title else "run" if found else "ready")
