"""Author, reviewer and another author, each in a clone: what is published arrives, and old data never pass for new."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.clone import Clone

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("micro")]
STUDY = "config/studies/micro.yaml"
COVERAGE = "results/micro/evaluations/coverage/same_base.parquet"
ANSWERS = "results/micro/evaluations/answers/same_base.parquet"
FOUND = "results/micro/findings"
TO_PUBLISH = f"to publish: git add {FOUND}/ results/scorecard.md results/scorecard.html dvc.lock data/store"
# What the reviewer has not installed: importing it fails in every process.
HIDDEN = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors", "sklearn"):
            raise ModuleNotFoundError(f"{name} is hidden", name=name)

if not any("dvc" in argument for argument in sys.orig_argv):
    sys.meta_path.insert(0, Hidden())
"""


class Repository:
    """A repository of someone's, and commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command with the environment's programs on the path, as after activation."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        fixed = {"PATH": path, "PYTHONPATH": str(self.folder / "workflow"), "GIT_CONFIG_GLOBAL": os.devnull}
        names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False,
                              env=os.environ | fixed | names | environment)  # fmt: skip
        assert not check or done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done

    def sublearn(self, *arguments: str) -> str:
        """What a command of the package prints."""
        return self.run(sys.executable, "-m", "sublearn", *arguments).stdout

    def refusal(self, *arguments: str) -> str:
        """The one sentence of a command of the package that must fail."""
        done = self.run(sys.executable, "-m", "sublearn", *arguments, check=False)
        said = [line for line in done.stderr.splitlines() if "error: " in line]
        assert done.returncode == 1 and len(said) == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
        return said[0].partition("error: ")[2]

    def figures(self) -> subprocess.CompletedProcess[str]:
        """The reviewer's command, in an environment without what training needs."""
        hidden = self.folder.parent / "hidden"
        hidden.mkdir(exist_ok=True)
        (hidden / "sitecustomize.py").write_text(HIDDEN)
        if not (self.folder / ".venv").exists():
            (self.folder / ".venv").symlink_to(sys.prefix)
        path = os.pathsep.join([str(hidden), str(self.folder / "workflow")])
        return self.run("make", "-o", ".venv/base", "figures", check=False, PYTHONPATH=path)

    def lock(self) -> dict[str, str]:
        """What dvc.lock says of each output."""
        stage = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]["studies"]
        return {out["path"]: out["md5"] for out in stage["outs"]}

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def author(micro, tmp_path_factory):
    """The author's repository, with the micro study as its only one, published; the large remote is a folder beside it."""
    folder = tmp_path_factory.mktemp("an author") / "project"
    shutil.copytree(micro.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    author = Repository(folder)
    (folder / "config/config.yaml").write_text("studies: [micro]\n")
    author.replace(".gitignore", "!/results/tiny/\n", "!/results/tiny/\n!/results/micro/\n.venv\n")
    (folder / "dvc.yaml").write_text(author.sublearn("dvc-yaml"))
    author.run("git", "init", "-q", "-b", "main")
    author.run("dvc", "remote", "add", "--default", "large", "../large")
    author.run("git", "add", "-A")
    author.run("git", "commit", "-qm", "before")
    # Findings drawn again are changes that publish allows.
    author.said = author.sublearn("publish")
    author.run("git", "add", "dvc.lock", "data/store", FOUND)
    author.run("git", "commit", "-qm", "published")
    return author


@pytest.fixture
def reviewer(author, tmp_path):
    """A fresh clone of it: what git has, and no more; the large remote is where it was."""
    subprocess.run(["git", "clone", "-q", author.folder, tmp_path / "a clone"], check=True)
    found = Repository(tmp_path / "a clone")
    (found.folder / ".dvc/config.local").write_text(f"['remote \"large\"']\n    url = {author.folder.parent / 'large'}\n")
    return found


def test_publishing_says_what_is_where_and_what_to_commit(author):
    assert "bundled: data/micro/bases, results/micro/evaluations, .snakemake/metadata; " in author.said
    assert "large: data/micro/carriers, data/micro/teachers, results/micro/students" in author.said
    assert f"{TO_PUBLISH} && git commit" in author.said
    stored = [file for file in (author.folder / "data/store").rglob("*") if file.is_file()]
    assert 0 < sum(file.stat().st_size for file in stored) < 20_000_000
    # Nothing has changed since, so it is published again with nothing to commit.
    author.sublearn("publish")
    assert author.run("git", "status", "--porcelain").stdout == ""
    assert json.loads(author.run("dvc", "status", "--json").stdout) == {}


def test_a_reviewer_draws_everything_again_and_is_told_that_it_is_equal(reviewer):
    (reviewer.folder / ".dvc/config.local").write_text("['remote \"large\"']\n    url = /proc/nowhere\n")
    done = reviewer.figures()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict: equal; all " in done.stdout and "differs" not in done.stdout
    for name in ("runs.csv", "summary.md", "metrics.json", "figures/rates.svg", "figures/coverage.csv"):
        assert f"{FOUND}/{name}: equal\n" in done.stdout
    assert not (reviewer.folder / "results/micro/students").exists()
    changed = reviewer.run("git", "status", "--porcelain").stdout.split()
    assert not [file for file in changed if file.endswith((".csv", ".svg", ".md"))]
    # One number in one evaluation is changed by hand.
    file = reviewer.folder / COVERAGE
    table = pd.read_parquet(file)
    table.loc[0, "gradient"] = table["gradient"][0] / 2
    table.loc[0, "update"] = table["update"][0] / 2
    table.to_parquet(file)
    done = reviewer.figures()
    assert done.returncode != 0
    assert f"{COVERAGE}: not the published one; findings will use it as it is" in done.stdout
    names = [f"{FOUND}/{name}" for name in ("coverage.csv", "figures/coverage.csv", "figures/coverage.svg")]
    verdict = next(line for line in done.stdout.splitlines() if line.startswith("verdict: "))
    assert verdict.startswith("verdict: different, 3 of ") and verdict.endswith(f"files: {', '.join(names)}")


def test_a_clone_with_everything_pulled_has_nothing_to_do_and_notices_one_trait(reviewer):
    reviewer.run("dvc", "pull")
    assert "Nothing to be done" in reviewer.run("snakemake", "--cores", "2").stderr
    assert json.loads(reviewer.run("dvc", "status", "--json").stdout) == {}
    reviewer.replace(STUDY, "traits: {", "traits: {owl: {steps: 21}, ")
    done = reviewer.run("snakemake", "--dry-run")
    jobs = Clone.jobs(done.stdout + done.stderr)
    for phase, key in (("teachers", "bias/owl"), ("raw", "numbers/bias/owl"), ("filtered", "numbers/bias/owl")):
        assert {job for job in jobs if job.startswith(f"{phase} of")} == {f"{phase} of micro: {key}"}
    assert {job for job in jobs if job.startswith("students of")} == {"students of micro: same_base/owl"}
    # And the chain of a published figure is whole.
    said = reviewer.sublearn("trace", f"{FOUND}/figures/training.svg")
    assert "verdict: unbroken; " in said and "back to 1 base and study seed 7" in said


def test_old_data_are_never_recorded_under_new_parameters(reviewer):
    """An experiment changes the parameter of all evaluations on the command line: DVC notes what changes."""
    reviewer.run("dvc", "pull")
    before = reviewer.lock()
    reviewer.run("dvc", "exp", "run", "-S", f"{STUDY}:evaluations.samples=2")
    changed = {path for path, now in reviewer.lock().items() if before[path] != now}
    assert {"results/micro/evaluations", f"{FOUND}/runs.csv", ".snakemake/metadata"} <= changed
    assert not changed & {"data/micro/bases", "data/micro/carriers", "data/micro/teachers", "results/micro/students"}
    assert json.loads(reviewer.run("dvc", "status", "--json").stdout) == {}
    found = json.loads(reviewer.run("dvc", "params", "diff", "--json").stdout)
    assert found[STUDY]["evaluations.samples"] == {"old": 1, "new": 2, "diff": 1}
    # Sampled answers changed, and no metric is made of them.
    assert json.loads(reviewer.run("dvc", "metrics", "diff", "--json", "--all").stdout)
    page = reviewer.run("dvc", "plots", "diff", "HEAD", "--out", "plots").stdout
    assert "plots" in page and list((reviewer.folder / "plots").rglob("*.svg"))


def test_a_half_pulled_file_is_named_and_not_overwritten(reviewer):
    reviewer.run("snakemake", "--dry-run")  # makes folders of Snakemake's own
    assert reviewer.sublearn("pull") == "pulled data/micro/bases, results/micro/evaluations, .snakemake/metadata\n"
    file = reviewer.folder / COVERAGE
    half = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(half)
    (reviewer.folder / ANSWERS).unlink()
    said = reviewer.sublearn("pull")
    assert f"{COVERAGE}: not the published one" in said and f"pulled {ANSWERS}" in said
    assert file.read_bytes() == half
    done = reviewer.figures()
    said = done.stdout + done.stderr
    assert done.returncode != 0 and f"error: {COVERAGE}: damaged or truncated" in said and "Traceback" not in said


def test_a_damaged_remote_and_none_are_one_sentence(reviewer):
    for file in (reviewer.folder / "data/store").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_bytes(file.read_bytes()[:-1])
    said = reviewer.refusal("pull")
    assert said.startswith(
        "data/micro/bases and 2 more: missing here, and not complete in DVC's cache or the remote 'bundled' (data/store)"
    )
    assert "nothing was overwritten" in said
    assert not list((reviewer.folder / "results").rglob("*.parquet"))
    shutil.rmtree(reviewer.folder / "data/store")
    said = reviewer.refusal("pull")
    assert said.startswith("data/store: missing, and it holds what is published; check it out, or use a whole clone.")
    assert not (reviewer.folder / "results/micro/evaluations").exists()


def test_a_dirty_work_tree_and_old_results_are_not_published(author):
    before = (author.folder / "dvc.lock").read_text()
    author.replace(STUDY, "samples: 1", "samples: 4")
    try:
        assert author.refusal("publish").startswith(f"{STUDY}: changed and not committed; ")
        author.run("git", "commit", "-qam", "four")
        assert author.refusal("publish").startswith("results: not current with code and studies; ")
    finally:
        author.run("git", "reset", "-q", "--soft", "HEAD~1", check=False)
        author.run("git", "reset", "-q", "--hard", "HEAD")
    assert (author.folder / "dvc.lock").read_text() == before


def test_a_folder_of_a_larger_repository_is_published_and_drawn_again(author, tmp_path):
    larger = tmp_path / "larger"
    shutil.copytree(author.folder, larger / "project", ignore=shutil.ignore_patterns(".git", "__pycache__"))
    project = Repository(larger / "project")
    project.run("git", "init", "-q", "-b", "main", str(larger))
    (larger / ".gitignore").write_text("data/\n*.csv\n")
    (project.folder / ".dvc/config.local").write_text(f"['remote \"large\"']\n    url = {tmp_path / 'large'}\n")
    project.run("git", "add", "-A", str(larger))
    project.run("git", "commit", "-qm", "moved")
    (larger / "theirs.txt").write_text("a stranger's, and not committed")
    assert f"{TO_PUBLISH} && " in project.sublearn("publish")
    assert project.run("git", "status", "--porcelain").stdout == "?? theirs.txt\n"
    subprocess.run(["git", "clone", "-q", larger, tmp_path / "clone"], check=True)
    reviewer = Repository(tmp_path / "clone/project")
    done = reviewer.figures()
    assert done.returncode == 0 and "verdict: equal; all " in done.stdout, done.stdout + done.stderr
    commit = reviewer.run("git", "rev-parse", "HEAD").stdout.strip()
    assert f"commit {commit}" in (reviewer.folder / "logs/micro/findings/tables.log").read_text()


def test_a_remote_that_refuses_is_one_sentence_and_the_bundle_stays(author):
    author.run("dvc", "remote", "modify", "--local", "large", "url", "/proc/nowhere")
    stored = {file: file.stat().st_mtime_ns for file in (author.folder / "data/store").rglob("*")}
    try:
        assert author.refusal("publish").startswith("dvc push: ")
    finally:
        (author.folder / ".dvc/config.local").unlink()
    assert {file: file.stat().st_mtime_ns for file in (author.folder / "data/store").rglob("*")} == stored
