"""The folder of the project, and its clone: where results are compared, published and fetched."""

from pathlib import Path

from sublearn.core import git
from sublearn.core.errors import UserError

SNAKEFILE = "Snakefile"


def require(*signs: str) -> None:
    """Check that the current folder is one in which the workflow is run: it holds one of these files or folders.

    Raises:
        UserError: it holds none of them.
    """
    if not any(Path(sign).exists() for sign in signs):
        none = f"there is no {' or '.join(signs)}"
        raise UserError(f"{Path.cwd()}: this folder holds no project ({none}); run this in the project's folder.")


def require_clone() -> None:
    """Check that the current folder is the project's, and that git holds the project.

    Raises:
        UserError: it is another folder, or git does not answer, or does not hold the project.
    """
    require(SNAKEFILE)
    git.require(SNAKEFILE)
