"""Ask git: every question to it is here, and where it has no answer, one sentence says why.

A commit counts only where it holds the files in question. So an archive that was unpacked in a stranger's repository has no
commit, and a project in a folder of a larger repository has that repository's.
"""

import os
import subprocess
from pathlib import Path

from sublearn.core.errors import UserError

UNKNOWN = "unknown"
# A hook's environment names a repository and an index; git is to find those of the folder that it is asked about.
OF_A_REPOSITORY = {
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_IMPLICIT_WORK_TREE",
}  # fmt: skip
REMEDY = (
    "use a clone of the project, or commit what was unpacked before anything is made "
    "(git init && git add --all && git commit --message unpacked)"
)


def ask(*arguments: str, folder: str | Path = ".") -> "subprocess.CompletedProcess[bytes]":
    """Run git in a folder. It never waits for an answer, and its messages are in English.

    Raises:
        UserError: there is no git program.
    """
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_REPOSITORY}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise UserError(f"git: cannot be run ({error.strerror}); install it (on Debian and Ubuntu: apt install git).") from None


def reason(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Why git failed, in a few words."""
    said = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    if remedy := next((line for line in said if line.startswith("git config") and "safe.directory" in line), ""):
        return f"the git repository belongs to another user, so git does not read it; if you trust it, run {remedy}"
    fatal = [line.removeprefix("fatal: ") for line in said if line.startswith("fatal: ")]
    return (fatal or said[-1:] or [f"exit status {done.returncode} of git"])[0].rstrip(".")


def require(*files: str) -> None:
    """Check that git can be asked about the current folder, and that the last commit holds these files of it.

    Raises:
        UserError: git is not there or does not answer, nothing is committed, or the repository is another project's.
    """
    here = Path.cwd()
    top = ask("rev-parse", "--show-toplevel")
    if top.returncode:
        why = reason(top)
        none = "not a git repository" in why
        raise UserError(
            f"{here}: not in a git repository, so nothing is committed here; {REMEDY}." if none else f"{here}: {why}."
        )
    if ask("rev-parse", "--quiet", "--verify", "HEAD").returncode:
        raise UserError(f"{here}: nothing is committed in its git repository yet; commit the project, then run again.")
    for file in files:
        if ask("rev-parse", "--quiet", "--verify", f"HEAD:./{file}").returncode:
            where = os.fsdecode(top.stdout).strip()
            raise UserError(f"{here / file}: not committed in the git repository that it lies in, {where}; {REMEDY}.")


def commit_with(file: Path) -> str:
    """The last commit of the repository in which a file lies; "unknown" unless the commit holds that file."""
    try:
        done = ask("rev-parse", "HEAD", f"HEAD:./{file.name}", folder=file.parent)
    except UserError:
        return UNKNOWN
    return UNKNOWN if done.returncode else done.stdout.decode().split()[0]


def committed(file: str) -> bytes | None:
    """The content of a file of the current folder in the last commit; None if the commit lacks it."""
    shown = ask("cat-file", "blob", f"HEAD:./{file}")
    return None if shown.returncode else shown.stdout


def committed_in(folder: str) -> list[str]:
    """Every file that the last commit holds in a folder of the current one."""
    return _names(ask("ls-tree", "-r", "-z", "--name-only", "HEAD", f"{folder}/"))


def changes() -> dict[str, bool]:
    """Every changed or new file of the current folder that git does not ignore, and whether it is new.

    Raises:
        UserError: git does not answer.
    """
    done = ask("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", ".")
    if done.returncode:
        raise UserError(f"git status: {reason(done)}.")
    # The names begin at the repository's top, which may lie above.
    above = os.fsdecode(ask("rev-parse", "--show-prefix").stdout).strip("\n")
    return {entry[3:].removeprefix(above): entry.startswith("??") for entry in _names(done)}


def ignored(files: list[str]) -> list[str]:
    """Those of the files that git would ignore if they were new.

    Raises:
        UserError: git does not answer, since a folder is a link, say.
    """
    done = ask("check-ignore", "--no-index", "--", *files)
    if done.returncode > 1:
        raise UserError(f"git check-ignore: {reason(done)}.")
    return os.fsdecode(done.stdout).splitlines()


def _names(done: "subprocess.CompletedProcess[bytes]") -> list[str]:
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
