"""A commit is that of the repository which holds the file, or unknown; what git cannot say is one sentence."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sublearn.core import git

WHO = ("-c", "user.name=somebody", "-c", "user.email=some@body")


def repository(folder: Path) -> str:
    """Make the folder, with all that lies in it, a repository of one commit, and return the commit."""
    for arguments in (["init", "-q"], ["add", "-A"], [*WHO, "commit", "-q", "--allow-empty", "-m", folder.name]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder of somebody's, in no repository yet, and the project in a folder of it."""
    (tmp_path / "project/code").mkdir(parents=True)
    (tmp_path / "project/code/main.py").touch()
    return tmp_path / "project"


def test_the_commit_is_the_one_that_holds_the_code(project, tmp_path, monkeypatch):
    code = project / "code/main.py"
    assert git.commit_with(code) == "unknown"
    outer = repository(tmp_path)
    assert git.commit_with(code) == outer
    inner = repository(project)
    assert git.commit_with(code) == inner != outer
    # As in a hook of the other repository.
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    assert git.commit_with(code) == inner
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert git.commit_with(code) == "unknown"


def test_an_archive_in_a_strangers_repository_has_no_commit(project, tmp_path):
    shutil.move(project, tmp_path.parent / f"{tmp_path.name} aside")
    repository(tmp_path)
    shutil.move(tmp_path.parent / f"{tmp_path.name} aside", project)
    assert git.commit_with(project / "code/main.py") == "unknown"


def test_a_worktree_and_a_shallow_clone_have_their_commits(project, tmp_path):
    first = repository(project)
    subprocess.run(["git", *WHO, "commit", "-q", "--allow-empty", "-m", "later"], cwd=project, check=True)
    subprocess.run(["git", "worktree", "add", "-q", tmp_path / "beside", first], cwd=project, check=True)
    assert git.commit_with(tmp_path / "beside/code/main.py") == first
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{project}", tmp_path / "shallow"], check=True)
    assert git.commit_with(tmp_path / "shallow/code/main.py") == git.commit_with(project / "code/main.py") != first


def test_a_clone_with_windows_line_ends_has_the_committed_bytes(tmp_path):
    """Code, scripts, findings, and a text of the store, which DVC knows by its hash."""
    (tmp_path / "project").mkdir()
    stored = next(file for file in sorted(Path("data/store").rglob("*")) if file.is_file() and file.read_bytes()[:4] != b"PAR1")
    names = [".gitattributes", "Snakefile", "workflow/sublearn/__init__.py", ".ci/run", "tests/support/one_node_slurm.sh"]
    names += [str(stored), "results/tiny/findings/arms.csv", "results/tiny/findings/figures/rates.png", "dvc.lock"]
    for name in names:
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, tmp_path / "project" / name)
    mixed = tmp_path / "project/results/tiny/findings/mixed.csv"
    mixed.write_bytes(b"a\r\nb\n")  # a table of somebody's text
    repository(tmp_path / "project")
    subprocess.run(["git", "clone", "-q", "-c", "core.autocrlf=true", tmp_path / "project", tmp_path / "clone"], check=True)
    for name in [*names, str(mixed.relative_to(tmp_path / "project"))]:
        assert (tmp_path / "clone" / name).read_bytes() == (tmp_path / "project" / name).read_bytes(), name


@pytest.fixture
def asked(project, tmp_path, run_step, monkeypatch):
    """What a command says in the project, which has a table of findings; it must fail, and leave everything as it was."""
    (project / "Snakefile").touch()
    (project / "results/theory/findings").mkdir(parents=True)
    (project / "results/theory/findings/claims.csv").write_text("claim,verdict\na,reproduced\n")
    monkeypatch.chdir(project)

    def ask(*arguments: str, **environment: str) -> str:
        before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
        done = run_step("sublearn", *arguments, **environment)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
        assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
        said = [line for line in done.stderr.splitlines() if "error: " in line]
        assert len(said) == 1, done.stderr
        return said[0].partition("error: ")[2]

    return ask


COMPARE = ("compare", "theory", "--strict")
COMMANDS = (COMPARE, ("compare", "theory"), ("compare", "--dry-run"), ("pull",), ("publish",))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_archive_is_told_how_to_become_a_repository(asked, project, command):
    said = asked(*command)
    assert said.startswith(f"{project}: not in a git repository, so nothing is committed here; use a clone of the project, or ")
    assert "git init && git add --all && git commit" in said


def test_no_program_and_somebody_elses_repository_say_so(asked, project, tmp_path):
    repository(project)
    (tmp_path / "empty").mkdir()
    assert asked(*COMPARE, PATH=str(tmp_path / "empty")).startswith(
        "git: cannot be run (No such file or directory); install it"
    )
    said = asked("pull", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert "the git repository belongs to another user" in said
    assert said.endswith(f"if you trust it, run git config --global --add safe.directory {project}.")


def test_a_strangers_repository_and_an_empty_one_say_so(asked, project, tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert asked(*COMPARE).startswith(f"{project}: nothing is committed in its git repository yet")
    subprocess.run(["git", *WHO, "commit", "-q", "--allow-empty", "-m", "theirs"], cwd=tmp_path, check=True)
    for command in COMMANDS:
        said = asked(*command)
        assert said.startswith(
            f"{project}/Snakefile: not committed in the git repository that it lies in, {tmp_path}; use a clone"
        )


def test_another_folder_is_told_that_no_project_is_in_it(asked, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for command in (*COMMANDS, ("dvc-yaml",)):
        assert asked(*command).startswith(f"{tmp_path}/elsewhere: this folder holds no project (there is no Snakefile")
