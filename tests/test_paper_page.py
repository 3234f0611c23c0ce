"""What docs/paper.md says of the paper's experiments is what study files and committed findings say."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from sublearn.chain.findings.figures.base import FIGURES
from sublearn.orchestration import studies
from sublearn.reporting.scorecard_rows import PAPER, Row, gather

PAGE = Path("docs/paper.md").read_text(encoding="utf-8")
RUN, PUBLIC, STAND_IN, READY = "run", "run on a small model", "run on stand-ins", "ready, not run"
# The paper's own data, at its size; a public model.
RUN_ON = {"classifier-mnist": RUN, "smollm2-135m-gguf": PUBLIC, "smollm2-135m-released": PUBLIC}


class Experiment(NamedTuple):
    """A row of the page's table."""

    label: str
    place: str
    does: str
    study: str
    arms: str
    claims: str
    shows: str
    state: str


def table(heading: str) -> list[list[str]]:
    """The cells of the table whose first line begins so."""
    lines = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


ROWS = [Experiment(*cells) for cells in table("label")]
each = pytest.mark.parametrize("row", ROWS, ids=[f"{row.label} {row.study}" for row in ROWS])


def test_every_experiment_of_the_paper_is_there_with_its_place():
    labels = list(dict.fromkeys(row.label for row in ROWS))
    assert labels == [f"E{number}" for number in range(1, 22)]
    assert all(next(row for row in ROWS if row.label == label).place for label in labels)
    assert {row.state for row in ROWS} <= {RUN, PUBLIC, STAND_IN, READY}


@each
def test_the_state_is_that_of_the_findings(row):
    study = names(row.study)[0]
    judged = Path("results", study, "findings/claims.csv").exists()
    assert row.state == (RUN_ON.get(study, STAND_IN) if judged else READY)


@each
def test_arms_claims_and_figures_are_those_of_the_study(row):
    study = studies.load(names(row.study)[0])
    known = {claim.claim: claim for claim in study.claims}
    claims = [known[name] for name in names(row.claims)]
    of_claims = {getattr(claim, "arm", None) or claim.condition for claim in claims}
    assert set(names(row.arms)) == of_claims
    assert set(getattr(study, "arms", {})) >= set(names(row.arms)) - {"base", "teacher"} or study.kind == "theory"
    kind, _, shown = row.shows.partition(": ")
    if kind == "figures":
        assert set(names(shown)) == {claim.figure for claim in claims}
    folder = Path("results", study.name, "findings")
    for name in names(shown):
        if row.state in (RUN, PUBLIC, STAND_IN):
            assert (folder / (f"figures/{name}.svg" if kind == "figures" else f"{name}.csv")).exists()
        else:
            assert name in FIGURES


@pytest.fixture(scope="module")
def claims() -> list[Row]:
    return gather()


def test_every_claim_of_the_papers_that_was_put_to_the_test_is_in_a_row(claims):
    listed = {(names(row.study)[0], claim) for row in ROWS for claim in names(row.claims)}
    tested = {(row.study, row.rule.claim) for row in claims if row.origin == PAPER and row.verdict != "not_run"}
    assert tested - listed == set()
