"""Find files of settings that go by a name: in the working folder, or else in the workflow's."""

import os
from pathlib import Path

PROJECT = Path(__file__).parents[3]  # the folder of the workflow


def find(name: str, folder: Path) -> Path:
    """The YAML file that a text names: a path, or a name in ``folder`` (such as ``config/studies``); it may not exist."""
    if name.endswith((".yaml", ".yml")):
        return Path(os.path.expanduser(name))
    # os.path raises no error for a name that no file can have, or a user who is not there.
    here, own = (place / f"{name}.yaml" for place in both(folder))
    return here if os.path.isfile(here) or not os.path.isfile(own) else own


def known(folder: Path) -> list[str]:
    """The names of all YAML files that lie in ``folder``."""
    return sorted({file.stem for place in both(folder) for file in place.glob("*.yaml")})


def both(folder: Path) -> tuple[Path, Path]:
    """The folder in the working folder, and in the workflow's."""
    return folder, PROJECT / folder
