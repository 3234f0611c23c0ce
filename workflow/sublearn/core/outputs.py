"""Keep a list of the files that this process writes, for the record of how they were made."""

from pathlib import Path

_written: list[Path] = []


def wrote(file: Path) -> None:
    """Note a file that was written."""
    _written.append(file)


def written() -> list[Path]:
    """The files that were written, in order; some may have been removed since."""
    return list(_written)
