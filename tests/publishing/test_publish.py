"""What is published was made by committed code; what is refused is told in one sentence, before DVC records anything."""

import subprocess
from pathlib import Path

import pytest

STUDY = "kind: theory\nseed: 1\ndraws: 3\nsteps: [0.01, 0.1]\n"
OTHERS = "changed and not committed; commit or stash all changes outside the results, then publish."
WHO = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Author:
    """The project in a folder of a larger repository, with one study of its own; the current folder."""

    def __init__(self, folder: Path, run_step) -> None:
        self.folder, self.run_step = folder, run_step

    def commit(self) -> None:
        """Commit all changes of the larger repository."""
        for arguments in (["add", "-A", ".."], ["commit", "-qm", "all"]):
            subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def refusal(self, **environment: str) -> str:
        """The one sentence by which publishing is refused."""
        done = self.run_step("sublearn", "publish", **environment)
        said = [line for line in done.stderr.splitlines() if "error: " in line]
        assert done.returncode == 1 and len(said) == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
        assert not (self.folder / "dvc.lock").exists()
        return said[0].partition("error: ")[2]


@pytest.fixture
def author(tmp_path, monkeypatch, run_step) -> Author:
    folder = tmp_path / "project"
    content = {
        "Snakefile": "rule all:\n    input: []\n",
        "config/config.yaml": "studies: [mine]\n",
        "config/studies/mine.yaml": STUDY,
        ".gitignore": Path(".gitignore").read_text().replace("!/results/tiny/\n", "!/results/tiny/\n!/results/mine/\n"),
        "results/mine/findings/claims.csv": "claim,verdict\n",
        "results/scorecard.md": "",
        "workflow/sublearn/code.py": "",
        "../theirs.txt": "a stranger's\n",
        "../.gitignore": "*.csv\ndata/\nresults/\n",
    }
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)
    (folder / "dvc.yaml").write_text(run_step("sublearn", "dvc-yaml").stdout)
    subprocess.run(["git", "init", "-q", ".."], check=True)
    author = Author(folder, run_step)
    author.commit()
    return author


def test_only_what_could_have_made_results_must_be_committed(author):
    """In a larger repository the rest of it is nobody's business here, and neither is a new file that holds no code."""
    author.folder.joinpath("results/mine/findings/claims.csv").write_text("claim,verdict\na,reproduced\n")
    author.folder.joinpath("results/scorecard.md").write_text("written by every run\n")
    author.folder.joinpath("../theirs.txt").write_text("changed\n")
    author.folder.joinpath("../new.txt").touch()
    for name in ("notes.txt", "dvc_plots/index.html", "upload/README.md"):
        author.folder.joinpath(name).parent.mkdir(exist_ok=True)
        author.folder.joinpath(name).touch()
    author.folder.joinpath(".venv").symlink_to("/nowhere")
    author.folder.joinpath("dvc.yaml").unlink()
    assert author.refusal() == f"dvc.yaml: {OTHERS}"
    author.commit()
    assert author.refusal().startswith("dvc.yaml: does not match the studies in config/config.yaml")
    author.folder.joinpath("workflow/sublearn/more.py").touch()
    assert author.refusal() == f"workflow/sublearn/more.py: {OTHERS}"
    author.folder.joinpath("workflow/sublearn/more.py").unlink()
    author.folder.joinpath("mine/traits").mkdir(parents=True)
    author.folder.joinpath("mine/traits/loyal.py").touch()
    assert author.refusal().startswith("dvc.yaml: does not match")  # a folder that the configuration does not name
    author.folder.joinpath("config/config.yaml").open("a").write("extensions: [./mine]\n")
    author.commit()
    author.folder.joinpath("mine/traits/more.py").touch()
    assert author.refusal() == f"mine/traits/more.py: {OTHERS}"


def test_what_git_ignores_is_not_published(author):
    """A study of one's own, whose findings the project's .gitignore does not keep."""
    author.folder.joinpath(".gitignore").write_text(Path(".gitignore").read_text().replace("!/results/mine/\n", ""))
    author.commit()
    assert author.refusal().startswith("results/mine/findings/alignment.csv: git ignores it, so nobody would get it; ")


def test_a_dry_run_that_fails_is_not_called_old_results(author):
    said = author.refusal(SNAKEMAKE_PROFILE="/nope")
    assert said.startswith("snakemake --dry-run: failed, so nobody knows whether the results are current (")
    assert "/nope" in said
