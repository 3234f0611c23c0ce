"""The study kinds that there are: ours, and those of a user's own folders."""

from pathlib import Path

from sublearn.core.registry import Registry, extension_folders
from sublearn.planning.kind import StudyKind

KINDS = Registry("sublearn", StudyKind, "study kind", "*/kind.py")


def extension_rules() -> list[str]:
    """The rules of the user's own study kinds: every file in ``rules`` of their folders."""
    return [str(file) for folder in extension_folders() for file in sorted(Path(folder, "rules").glob("*.smk"))]
