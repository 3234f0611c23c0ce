"""Author, reviewer and another author, each in a clone: what is published arrives, and old data never pass for new."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sublearn.core.records import NAME
from sublearn.orchestration.workflow import plan

pytestmark = pytest.mark.slow
STUDY = "config/studies/smoke.yaml"
COVERAGE = "results/smoke/evaluations/coverage/same_base.parquet"
FOUND = "results/smoke/findings"
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


class Place:
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

    def refusal(self, module: str) -> str:
        """The one sentence of a command that must fail."""
        done = self.run(sys.executable, "-m", module, check=False)
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
def author(smoke, tmp_path_factory):
    """The author's repository, with the smoke study as its only one, published; the large remote is a folder beside it."""
    folder = tmp_path_factory.mktemp("an author") / "project"
    shutil.copytree(smoke.folder, folder, ignore=shutil.ignore_patterns("smoke-controls", "__pycache__"))
    place = Place(folder)
    (folder / "config/config.yaml").write_text("studies: [smoke]\n")
    place.replace(".gitignore", "!/results/tiny/\n", "!/results/tiny/\n!/results/smoke/\n.venv\n")
    (folder / "dvc.yaml").write_text(place.run(sys.executable, "-m", "sublearn.publishing.dvcfile").stdout)
    place.run("git", "init", "-q", "-b", "main")
    place.run("dvc", "remote", "add", "--default", "large", "../large")
    place.run("git", "add", "-A")
    place.run("git", "commit", "-qm", "before")
    # Findings drawn again are changes that publish allows.
    place.said = place.run(sys.executable, "-m", "sublearn.publishing.publish").stdout
    place.run("git", "add", "dvc.lock", "data/store", FOUND)
    place.run("git", "commit", "-qm", "published")
    return place


@pytest.fixture
def clone(author, tmp_path):
    """A fresh clone: what git has, and no more; the large remote is where it was."""
    subprocess.run(["git", "clone", "-q", author.folder, tmp_path / "a clone"], check=True)
    place = Place(tmp_path / "a clone")
    place.run("dvc", "remote", "modify", "--local", "large", "url", str(author.folder.parent / "large"))
    return place


def test_publishing_says_what_is_where_and_what_to_commit(author):
    assert "bundled: data/smoke/bases, results/smoke/evaluations, .snakemake/metadata; " in author.said
    assert "large: data/smoke/carriers, data/smoke/teachers, results/smoke/students" in author.said
    assert "to publish: git add results/smoke/findings/ dvc.lock data/store && git commit" in author.said
    stored = [file for file in (author.folder / "data/store").rglob("*") if file.is_file()]
    assert 0 < sum(file.stat().st_size for file in stored) < 10_000_000
    # Nothing has changed since, so it is published again with nothing to commit.
    author.run(sys.executable, "-m", "sublearn.publishing.publish")
    assert author.run("git", "status", "--porcelain").stdout == ""
    assert json.loads(author.run("dvc", "status", "--json").stdout) == {}


def test_a_reviewer_draws_everything_again_and_is_told_that_it_is_equal(clone):
    clone.run("dvc", "remote", "modify", "--local", "large", "url", "/proc/nowhere")
    done = clone.figures()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict: equal; all " in done.stdout and "differs" not in done.stdout
    for name in ("runs.csv", "summary.md", "metrics.json", "figures/rates.svg", "figures/coverage.csv"):
        assert f"{FOUND}/{name}: equal\n" in done.stdout
    assert not (clone.folder / "results/smoke/students").exists()
    changed = clone.run("git", "status", "--porcelain").stdout.split()
    assert not [file for file in changed if file.endswith((".csv", ".svg", ".md"))]
    # One number in one evaluation is changed by hand.
    file = clone.folder / COVERAGE
    table = pd.read_parquet(file)
    table.loc[0, "gradient"] = table["gradient"][0] / 2
    table.loc[0, "update"] = table["update"][0] / 2
    table.to_parquet(file)
    done = clone.figures()
    assert done.returncode != 0
    assert f"{COVERAGE}: not the published one; findings will use it as it is" in done.stdout
    names = [f"{FOUND}/{name}" for name in ("coverage.csv", "figures/coverage.csv", "figures/coverage.svg")]
    verdict = next(line for line in done.stdout.splitlines() if line.startswith("verdict: "))
    assert verdict.startswith("verdict: different, 3 of ") and verdict.endswith(f"files: {', '.join(names)}")


def test_a_clone_with_everything_pulled_has_nothing_to_do_and_notices_one_trait(clone):
    clone.run("dvc", "pull")
    assert "Nothing to be done" in clone.run("snakemake", "--cores", "2").stderr
    assert json.loads(clone.run("dvc", "status", "--json").stdout) == {}
    clone.replace(STUDY, "traits: {", "traits: {owl: {steps: 61}, ")
    done = clone.run("snakemake", "--dry-run")
    jobs = set(re.findall(r"^(?:Job \d+: )?(\w+ of smoke: .+)$", done.stdout + done.stderr, re.MULTILINE))
    for phase in ("teachers", "raw", "kept"):
        assert {job for job in jobs if job.startswith(f"{phase} of")} == {f"{phase} of smoke: bias/owl"}
    students = {job for job in jobs if job.startswith("students of")}
    assert students == {f"students of smoke: {arm}/owl" for arm in ("same_base", "other_base")}
    # And the chain of a published figure is whole.
    said = clone.run(sys.executable, "-m", "sublearn.provenance.trace", f"{FOUND}/figures/training.svg").stdout
    assert "verdict: unbroken; " in said and "back to 2 bases and study seed 7" in said


def test_old_data_are_never_recorded_under_new_parameters(clone):
    """Only what findings are drawn from is pulled, the parameter of all evaluations changes, and DVC is asked to reproduce."""
    clone.run("dvc", "pull")
    before = clone.lock()
    clone.replace(STUDY, "evaluations: {samples: 2}", "evaluations: {samples: 3}")
    clone.run("dvc", "repro")
    after = clone.lock()
    changed = {path for path in before if before[path] != after[path]}
    assert {"results/smoke/evaluations", f"{FOUND}/runs.csv", ".snakemake/metadata"} <= changed
    assert not changed & {"data/smoke/bases", "data/smoke/carriers", "data/smoke/teachers", "results/smoke/students"}
    assert json.loads(clone.run("dvc", "status", "--json").stdout) == {}
    found = json.loads(clone.run("dvc", "params", "diff", "--json").stdout)
    assert found[STUDY]["evaluations.samples"] == {"old": 2, "new": 3, "diff": 1}
    # Sampled answers changed, and no metric is made of them.
    assert json.loads(clone.run("dvc", "metrics", "diff", "--json", "--all").stdout)
    # An experiment is a parameter on the command line.
    clone.run("git", "commit", "-qam", "three samples")
    clone.run("dvc", "exp", "run", "-S", f"{STUDY}:title=Another title")
    assert "Another title" in (clone.folder / f"{FOUND}/summary.md").read_text()
    assert clone.lock()["results/smoke/evaluations"] == after["results/smoke/evaluations"]
    page = clone.run("dvc", "plots", "diff", "HEAD~1", "--out", "plots").stdout
    assert "plots" in page and list((clone.folder / "plots").rglob("*.svg"))


def test_a_half_pulled_file_is_named_and_not_overwritten(clone):
    clone.run(sys.executable, "-m", "sublearn.publishing.pull")
    file = clone.folder / COVERAGE
    half = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(half)
    (clone.folder / "results/smoke/evaluations/same_base.parquet").unlink()
    said = clone.run(sys.executable, "-m", "sublearn.publishing.pull").stdout
    assert f"{COVERAGE}: not the published one" in said and "pulled results/smoke/evaluations/same_base.parquet" in said
    assert file.read_bytes() == half
    done = clone.figures()
    said = done.stdout + done.stderr
    assert done.returncode != 0 and f"error: {COVERAGE}: damaged or truncated" in said and "Traceback" not in said


def test_no_cache_and_no_remote_is_one_sentence(clone):
    shutil.rmtree(clone.folder / "data/store")
    said = clone.refusal("sublearn.publishing.pull")
    assert said.startswith(
        "data/smoke/bases and 2 more: missing here, and not complete in DVC's cache or the remote 'bundled' (data/store)"
    )
    assert "nothing was overwritten" in said and not (clone.folder / "results/smoke/evaluations").exists()


def test_a_damaged_remote_is_one_sentence(clone):
    for file in (clone.folder / "data/store").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_bytes(file.read_bytes()[:-1])
    assert "nor whole in DVC's cache or the remote" in clone.refusal("sublearn.publishing.pull")
    assert not list((clone.folder / "results").rglob("*.parquet"))


def test_a_dirty_work_tree_and_old_results_are_not_published(author):
    before = (author.folder / "dvc.lock").read_text()
    text = (author.folder / STUDY).read_text()
    (author.folder / STUDY).write_text(text.replace("samples: 2", "samples: 4"))
    try:
        assert author.refusal("sublearn.publishing.publish").startswith(f"{STUDY}: changed and not committed; ")
        author.run("git", "commit", "-qam", "four")
        assert author.refusal("sublearn.publishing.publish").startswith("results: not current with code and studies; ")
    finally:
        author.run("git", "reset", "-q", "--soft", "HEAD~1", check=False)
        author.run("git", "reset", "-q", "--hard", "HEAD")
    assert (author.folder / "dvc.lock").read_text() == before


def test_a_remote_that_refuses_is_one_sentence_and_the_bundle_stays(author):
    author.run("dvc", "remote", "modify", "--local", "large", "url", "/proc/nowhere")
    stored = {file: file.stat().st_mtime_ns for file in (author.folder / "data/store").rglob("*")}
    try:
        assert author.refusal("sublearn.publishing.publish").startswith("dvc push: ")
    finally:
        (author.folder / ".dvc/config.local").unlink()
    assert {file: file.stat().st_mtime_ns for file in (author.folder / "data/store").rglob("*")} == stored


def test_records_name_what_the_plan_says(smoke):
    """Every artifact has a record, whose inputs are those of its own run, as planned."""
    found = plan("smoke")
    checked = 0
    for artifact in [each for each in found.everything if each.phase not in ("evaluations", "coverage")]:
        folder = smoke.folder / artifact.folder
        records = [json.loads(file.read_text()) for file in folder.glob(f"*{NAME}")]
        record = next(one for one in records if set(artifact.names) <= set(one["outputs"]))
        inputs = {name for part in record["inputs"].values() for name in part}
        parts = [set(part.files) for part in artifact.made_of.values()]
        # A step that names one file of an artifact has read that one, else its folder; of each part something, of others none.
        assert inputs <= set().union(*parts) and all(inputs & part for part in parts), artifact.folder
        assert record["seeds"].get("run") == (artifact.run if artifact.phase != "kept" else None)
        checked += 1
    assert checked > 40
