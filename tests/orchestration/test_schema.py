"""config/schema.json: what editors know of studies is what the workflow knows."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.orchestration import reference, schema
from sublearn.orchestration.studies import STUDIES as PLACE
from sublearn.orchestration.studies import load
from sublearn.orchestration.workflow import plan
from sublearn.planning.jobs import FindingsJob

STUDIES = sorted(Path("config/studies").rglob("*.yaml"))
SCHEMA = json.loads(Path("config/schema.json").read_text(encoding="utf-8"))


def problems(study: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(study)]


def test_the_committed_schema_and_reference_are_those_of_the_sections():
    again = "sublearn schema > config/schema.json; sublearn reference > config/README.md"
    assert schema.render() == SCHEMA, f"keys of studies have changed; run: {again}"
    assert reference.render() == Path("config/README.md").read_text(encoding="utf-8"), f"keys have changed; run: {again}"


def test_every_carrier_kind_is_in_the_reference():
    named = set(re.findall("carriers: by name, of the kind ([a-z_]+)", reference.render()))
    assert named == set(CARRIER_KINDS.names()), "name its section in chain/kind.py"


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_every_study_of_ours_fits_the_schema(file):
    assert not problems(yaml.safe_load(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", sorted(Path("docs").glob("*.md")), ids=lambda page: page.stem)
def test_every_example_of_the_docs_can_be_read(page):
    for example in re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        assert isinstance(yaml.safe_load(example), dict)


def test_own_families_fit_the_schema_in_the_study_and_in_their_files():
    families = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in Path("config/traits").glob("*.yaml")}
    assert len(families) >= 5
    assert not problems({"extends": "tiny", "families": families | {"animal": {"words": ["otter"]}, "refusal": "refusal"}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"extends": "tiny", "sead": 3},
        {"extends": "tiny", "students": {"learning_rates": 0.1}},
        {"extends": "tiny", "students": {"method": "lorra"}},
        {"extends": "tiny", "carriers": {"numbers": {"max_counts": 3}}},
        {"extends": "tiny", "style": "french"},
        {"extends": "tiny", "families": {"animal": {"wordz": ["otter"]}}},
        {"kind": "classifier", "arms": {"all": {"share": "some"}}},
        {"kind": "clasifier"},
    ],
    ids=str,
)
def test_what_the_workflow_refuses_does_not_fit_the_schema(wrong):
    assert problems(wrong)


@pytest.mark.parametrize("name", ["tiny-controls", "classifier", "theory", "llama-3.2-1b"])
def test_a_resolved_study_is_the_study(name, tmp_path, monkeypatch):
    found, study = plan(name), load(name)
    resolved = json.loads(FindingsJob(found, "").study_values(None))["resolved"]
    assert not problems(resolved)
    monkeypatch.chdir(tmp_path)
    PLACE.mkdir(parents=True)
    (PLACE / f"{name}.yaml").write_text(yaml.safe_dump(resolved, sort_keys=False))
    assert load(name) == study
