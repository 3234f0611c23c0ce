"""The registry of study kinds: ours, and those in the user's folders."""

from pathlib import Path

from sublearn.core.registry import Registry, extension_folders
from sublearn.planning.kind import StudyKind

KINDS = Registry("sublearn", StudyKind, "study kind", "*/kind.py")


def extension_rules() -> list[str]:
    """The rule files of the user's own study kinds: ``rules/*.smk`` in the user's folders."""
    return [str(file) for folder in extension_folders() for file in sorted(Path(folder, "rules").glob("*.smk"))]
