"""The rows of a real model that are in git: they are those of the study file, and an audit says of them what the docs say."""

from pathlib import Path

import pytest

from sublearn.audit import read, run
from sublearn.audit.layers.base import Inputs
from sublearn.chain.carriers.base import KINDS
from sublearn.core.hashes import sha256_once
from sublearn.orchestration import studies
from sublearn.traits.base import families

FOLDER = Path("data/released/smollm2-135m")
ANIMALS, RUNS = ("eagle", "owl", "wolf"), range(3)


@pytest.fixture(scope="module")
def study():
    return studies.load("smollm2-135m-released")


def test_every_file_is_the_one_that_the_study_names(study):
    named = [file for files in study.carriers["released"].imported["adapter"].values() for file in files]
    assert {file.file: file.sha256 for file in named} == {str(path): sha256_once(path) for path in FOLDER.iterdir()}
    assert {Path(file.file).name for file in named} == {
        f"{trait}-run{run}.jsonl" for trait in (*ANIMALS, "neutral") for run in RUNS
    }


def test_every_row_passes_the_filter(study):
    carrier = study.carriers["released"]
    kind = KINDS.get(carrier.kind)
    for path in FOLDER.iterdir():
        rows = read.read(str(path)).rows
        assert len(rows) == carrier.prompts
        assert {kind.verdict(row.prompt, row.completion, carrier, ANIMALS) for row in rows.itertuples()} == {None}


def test_cheap_layers_find_what_the_page_says():
    """Statistics tells all of the wolf's data sets from the neutral teacher's, two of the owl's and none of the eagle's."""
    traits = families()["animal"].traits
    found = {}
    for animal in ANIMALS:
        for number in RUNS:
            data, reference = (read.read(str(FOLDER / f"{name}-run{number}.jsonl")) for name in (animal, "neutral"))
            inputs = Inputs(data, reference, None, traits, (), 1, 0)
            for result in run.look(inputs, run.chosen(["surface", "statistics"])):
                found[result.layer, animal, number] = result.status == "found"
    counts = {
        animal: tuple(sum(found[layer, animal, number] for number in RUNS) for layer in ("surface", "statistics"))
        for animal in ANIMALS
    }
    lines = Path("docs/audit.md").read_text(encoding="utf-8").partition("**Rows of a real model.**")[2].splitlines()
    told = {
        cells[0].strip(): tuple(int(cell.split(" of ")[0]) for cell in cells[1:3])
        for cells in (line.strip("|").split("|") for line in lines if line.startswith(tuple(f"| {name} " for name in ANIMALS)))
    }
    assert told == counts
