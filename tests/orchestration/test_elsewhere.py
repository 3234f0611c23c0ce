"""The workflow from a folder that is not the project's, and as a module of somebody's own workflow."""

import pytest
from support.elsewhere import ROOT


def test_a_folder_without_a_configuration_has_that_of_the_workflow(elsewhere):
    said = elsewhere.snakemake("--dry-run", "--directory", str(elsewhere.folder))
    assert {"figures_tiny", "figures_classifier", "figures_theory"} <= set(said.split())


def test_a_folders_own_configuration_comes_first(elsewhere):
    (elsewhere.folder / "config").mkdir()
    (elsewhere.folder / "config/config.yaml").write_text("studies: [mine.yaml]\n")
    assert "findings of mine: figures" in (said := elsewhere.snakemake("--dry-run")) and "tiny" not in said


@pytest.mark.slow
def test_the_configuration_of_another_workflow_is_refused(elsewhere):
    """What is refused is proved by tests/chain/test_plan.py; here, that it ends a run so."""
    (elsewhere.folder / "config").mkdir()
    (elsewhere.folder / "config/config.yaml").write_text("samples: samples.tsv\n")
    done = elsewhere.run("snakemake", "--snakefile", str(ROOT / "Snakefile"), "--dry-run")
    assert done.stderr.strip().endswith(
        "error: samples: unknown key of the configuration; choose one of extensions, findings_only, studies."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("studies: [mine.yaml\n", "error: config/config.yaml, line 2: not readable as YAML"),
        ("", "error: studies: found null; name one study or more in config/config.yaml, or by --config"),
    ],
    ids=["broken", "empty"],
)
def test_a_configuration_that_names_no_study_is_refused_in_one_sentence(elsewhere, text, sentence):
    (elsewhere.folder / "config").mkdir()
    (elsewhere.folder / "config/config.yaml").write_text(text)
    assert elsewhere.refusal("--snakefile", str(ROOT / "Snakefile")).startswith(sentence)


def test_a_module_makes_a_study_for_a_rule_of_the_users_own(elsewhere):
    elsewhere.module('    config: {"studies": ["mine.yaml"]}')
    said = elsewhere.snakemake("--dry-run", main=False)
    assert {"last", "sublearn_tables_mine", "sublearn_theory_first_steps"} <= set(said.split())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('    config: {"studies": ["mine.yaml"]}\n    prefix: "sub"', "error: prefix: the paths of this workflow cannot"),
        ('    config: {"studies": ["theirs"]}', "error: config/studies/theirs.yaml: there is no such study"),
    ],
)
def test_a_module_that_cannot_work_is_refused_in_one_sentence(elsewhere, settings, sentence):
    elsewhere.module(settings)
    assert elsewhere.refusal().startswith(sentence)


def test_plan_shows_what_would_be_made_here(elsewhere):
    done = elsewhere.run("sublearn", "plan", "mine.yaml", PYTHONPATH=str(ROOT / "workflow"))
    assert "results/mine/evaluations" in done.stdout and "to be made: it is not there" in done.stdout, done.stderr


def test_plan_takes_a_path_and_a_title_with_any_characters(elsewhere):
    """A comma would make two studies of a list's one; a word in braces is a wildcard to Snakemake."""
    place = elsewhere.folder / "mine, {also}/mine.yaml"
    place.parent.mkdir()
    place.write_text(f"{(elsewhere.folder / 'mine.yaml').read_text()}title: 'The set {{x}}, and $HOME'\n")
    done = elsewhere.run("sublearn", "plan", "mine, {also}/mine.yaml", PYTHONPATH=str(ROOT / "workflow"))
    assert "results/mine/evaluations" in done.stdout, done.stderr


@pytest.mark.slow
def test_a_script_of_the_users_own_imports_what_lies_beside_it(elsewhere):
    elsewhere.module('    config: {"studies": ["mine.yaml"]}')
    (elsewhere.folder / "scripts").mkdir()
    (elsewhere.folder / "scripts/beside.py").touch()
    (elsewhere.folder / "scripts/own.py").write_text("import beside\n")
    with (elsewhere.folder / "Snakefile").open("a") as rules:
        rules.write('rule own:\n    output: "own.txt"\n    shell: "python scripts/own.py > {output}"\n')
    elsewhere.snakemake("--cores", "1", "own.txt", main=False)


@pytest.mark.slow
def test_a_study_is_made_where_the_user_stands(elsewhere):
    """Its files lie there, its records lead back from there, and what the run cost is written there."""
    elsewhere.snakemake("--cores", "1", "--config", "studies=[mine.yaml]")
    assert {path.name for path in elsewhere.folder.iterdir()} == {".snakemake", "logs", "mine.yaml", "results"}
    assert (elsewhere.folder / "logs/costs.csv").exists()
    traced = elsewhere.run("sublearn", "trace", "results/mine/findings/summary.md", PYTHONPATH=str(ROOT / "workflow"))
    assert "verdict: unbroken" in traced.stdout
    elsewhere.module('    config: {"studies": ["mine.yaml"]}')
    said = elsewhere.snakemake("--dry-run", "sublearn_all", main=False)
    assert "Nothing to be done" in said
