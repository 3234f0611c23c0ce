"""What the workflow refuses before Snakemake looks at a single file."""

from pathlib import Path

import pytest

from sublearn.core.errors import UserError
from sublearn.orchestration import show_plan
from sublearn.orchestration.workflow import findings_only, plan, plan_all, settings
from sublearn.reporting import scorecard

ONLY = {"studies": ["theory"], "findings_only": True}


def put(files: list[str]) -> None:
    for file in map(Path, files):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_findings_alone_need_their_evaluations_whatever_tables_lie_there(tmp_path, monkeypatch):
    """Snakemake takes a table that it cannot make as given, so figures would be drawn from tables that git keeps."""
    monkeypatch.chdir(tmp_path)
    put(plan_all({"studies": ["theory"]}).tables())
    with pytest.raises(UserError, match=r"results/theory/evaluations/first_steps.parquet and 1 more: missing, .* pull"):
        plan_all(ONLY)
    put([f"results/theory/evaluations/{name}.parquet" for name in ("first_steps", "trajectories")])
    assert plan_all(ONLY).studies == ["theory"]


def test_a_plan_of_a_trait_that_is_not_there_is_told_which_there_are():
    for study, right in (("smoke", "elephant, neutral, owl, wolf"), ("theory", "first_steps, trajectories")):
        with pytest.raises(UserError, match=rf"otter: {study} has nothing of this name; choose one of {right}\."):
            show_plan.shown(plan(study), "otter")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("studies: [tiny\n", r"config\.yaml, line 2: not readable as YAML"),
        ("[tiny]\n", r"config\.yaml: found \['tiny'\]; should be a map"),
    ],
)
def test_a_configuration_that_is_none_is_one_sentence(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/config.yaml").write_text(text)
    with pytest.raises(UserError, match=said):
        settings()


@pytest.mark.parametrize("folder", ["data", "results", "logs"])
def test_a_file_where_a_run_needs_a_folder_is_one_sentence(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    Path(folder).touch()
    for command in (show_plan, scorecard):
        with pytest.raises(UserError, match=rf"^{folder}: is no folder, but a run writes into a folder of this name; rename"):
            command.main(command.parser().parse_args(["theory"]))


@pytest.mark.parametrize("folders", [3, "mine", [None], [""]])
def test_extensions_are_folders_with_names(folders):
    with pytest.raises(UserError, match=r"^extensions: found .*; name folders in config/config\.yaml, or by --config "):
        plan_all({"studies": ["theory"], "extensions": folders})


def test_findings_only_is_true_or_false():
    """Snakemake gives what stands behind --config as text."""
    for given in (True, "true", "True"):
        assert findings_only({"findings_only": given})
    for given in (False, "false", "False"):
        assert not findings_only({"findings_only": given})
    with pytest.raises(UserError, match="findings_only: found 'no'; should be true or false"):
        plan_all(ONLY | {"findings_only": "no"})


def test_a_study_named_twice_is_made_once():
    found = plan_all({"studies": ["theory", "classifier", "config/studies/theory.yaml", "theory"]})
    assert found.studies == ["theory", "classifier"] and len(found.targets()) == len(set(found.targets()))
