"""The workflow from a folder that is not the project's, and as a module of somebody's own workflow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINE = "extends: theory\ndraws: 4\ntrajectory: {runs: 3, teacher_steps: 20, student_steps: 20}\nclaims: []\n"


class Elsewhere:
    """A folder in a path with a space; commands run in it with the environment's interpreter, not activated."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        (folder / "mine.yaml").write_text(MINE)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return subprocess.run([sys.executable, "-m", *command], cwd=self.folder, env=kept | environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    def snakemake(self, *options: str, main: bool = True) -> str:
        """What Snakemake says of the project's workflow, or of the folder's own."""
        done = self.run("snakemake", *(["--snakefile", str(ROOT / "Snakefile")] if main else []), *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def refusal(self) -> str:
        """The one sentence by which a dry run of the folder's workflow is refused."""
        done = self.run("snakemake", "--dry-run")
        said = done.stderr.strip().splitlines()
        assert done.returncode and "Traceback" not in done.stderr
        return said[-1]

    def module(self, settings: str) -> None:
        """A workflow of its own that has the project's as a module, its rules renamed."""
        (self.folder / "Snakefile").write_text(
            f'module sublearn:\n    snakefile: "{ROOT}/Snakefile"\n{settings}\n'
            "use rule * from sublearn as sublearn_*\n"
            'rule last:\n    default_target: True\n    input: "results/mine/findings/summary.md"\n    output: "last.md"\n'
            '    shell: "cp {input} {output}"\n'
        )


@pytest.fixture
def elsewhere(tmp_path) -> Elsewhere:
    return Elsewhere(tmp_path / "not the project")


def test_a_folder_without_a_configuration_has_that_of_the_workflow(elsewhere):
    said = elsewhere.snakemake("--dry-run", "--directory", str(elsewhere.folder))
    assert {"figures_tiny", "figures_classifier", "figures_theory"} <= set(said.split())


def test_a_folders_own_configuration_comes_first(elsewhere):
    (elsewhere.folder / "config").mkdir()
    (elsewhere.folder / "config/config.yaml").write_text("studies: [mine.yaml]\n")
    assert "findings of mine: figures" in (said := elsewhere.snakemake("--dry-run")) and "tiny" not in said


def test_the_configuration_of_another_workflow_is_refused(elsewhere):
    (elsewhere.folder / "config").mkdir()
    (elsewhere.folder / "config/config.yaml").write_text("samples: samples.tsv\n")
    done = elsewhere.run("snakemake", "--snakefile", str(ROOT / "Snakefile"), "--dry-run")
    assert done.stderr.strip().endswith(
        "error: samples: unknown key of the configuration; choose one of extensions, findings_only, studies."
    )


def test_a_module_makes_a_study_for_a_rule_of_the_users_own(elsewhere):
    elsewhere.module('    config: {"studies": ["mine.yaml"]}')
    said = elsewhere.snakemake("--dry-run", main=False)
    assert {"last", "sublearn_tables_mine", "sublearn_theory_first_steps"} <= set(said.split())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('    config: {"studies": ["mine.yaml"]}\n    prefix: "sub"', "error: prefix: the paths of this workflow cannot"),
        ('    config: {"studies": ["theirs"]}', "error: config/studies/theirs.yaml: there is no such study"),
        ("    config: {}", "error: studies: found null; name one study or more"),
    ],
)
def test_a_module_that_cannot_work_is_refused_in_one_sentence(elsewhere, settings, sentence):
    elsewhere.module(settings)
    assert elsewhere.refusal().startswith(sentence)


def test_plan_shows_what_would_be_made_here(elsewhere):
    done = elsewhere.run("sublearn", "plan", "mine.yaml", PYTHONPATH=str(ROOT / "workflow"))
    assert "results/mine/evaluations" in done.stdout and "to be made: it is not there" in done.stdout, done.stderr


@pytest.mark.slow
def test_a_study_is_made_where_the_user_stands(elsewhere):
    """Its files lie there, its records lead back from there, and what the run cost is written there."""
    elsewhere.snakemake("--cores", "1", "--config", "studies=[mine.yaml]")
    assert {path.name for path in elsewhere.folder.iterdir()} == {".snakemake", "logs", "mine.yaml", "results"}
    assert (elsewhere.folder / "logs/costs.csv").exists()
    traced = elsewhere.run("sublearn", "trace", "results/mine/findings/summary.md", PYTHONPATH=str(ROOT / "workflow"))
    assert "verdict: unbroken" in traced.stdout
    elsewhere.module('    config: {"studies": ["mine.yaml"]}')
    said = elsewhere.snakemake("--dry-run", "--workflow-profile", str(ROOT / "profiles/default"), "sublearn_all", main=False)
    assert "Nothing to be done" in said
