"""Hash files by their content."""

import hashlib
import os
from functools import cache
from pathlib import Path

from sublearn.core.errors import UserError


def sha256(file: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with Path(file).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sha256_once(file: str | os.PathLike[str]) -> str:
    """The same, computed once in a process for each version of a file: many runs read one base."""
    about = os.stat(file)
    return _sha256_of_version(Path(file), (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))


@cache
def _sha256_of_version(file: Path, version: tuple[int, ...]) -> str:
    return sha256(file)


def files_of(folder: str | os.PathLike[str]) -> dict[str, str]:
    """The hash of each file in an artifact's folder, by name; hidden files are work in progress and are left out."""
    return {file.name: sha256(file) for file in sorted(Path(folder).glob("[!.]*")) if file.is_file()}


def refuse_another(place: str | os.PathLike[str], found: str, wanted: str) -> None:
    """Refuse a file whose hash is not the one that a study pins.

    Raises:
        UserError: it is another file.
    """
    if found != wanted:
        raise UserError(f"{place}: its SHA-256 is {found}, but the study pins {wanted}; the file differs or is incomplete.")
