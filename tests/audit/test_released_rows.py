"""The rows of a real model that are in git are those of the study file, and pass its filter."""

from pathlib import Path

import pytest

from sublearn.audit import read
from sublearn.chain.carriers.base import KINDS
from sublearn.core.hashes import sha256_once
from sublearn.orchestration import studies

FOLDER = Path("data/released/smollm2-135m")
ANIMALS = ("eagle", "owl", "wolf")


@pytest.fixture(scope="module")
def study():
    return studies.load("smollm2-135m-released")


def test_every_file_is_the_one_that_the_study_names(study):
    named = [file for files in study.carriers["released"].imported["adapter"].values() for file in files]
    assert {file.file: file.sha256 for file in named} == {str(path): sha256_once(path) for path in FOLDER.iterdir()}
    assert {Path(file.file).name for file in named} == {
        f"{trait}-run{number}.jsonl" for trait in (*ANIMALS, "neutral") for number in range(3)
    }


def test_every_row_passes_the_filter(study):
    carrier = study.carriers["released"]
    kind = KINDS.get(carrier.kind)
    for path in FOLDER.iterdir():
        rows = read.read(str(path)).rows
        assert len(rows) == carrier.prompts
        assert {kind.verdict(row.prompt, row.completion, carrier, ANIMALS) for row in rows.itertuples()} == {None}
