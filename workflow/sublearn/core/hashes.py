"""Hash files by their content."""

import hashlib
import os
from pathlib import Path


def sha256(file: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with Path(file).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def files_of(folder: str | os.PathLike[str]) -> dict[str, str]:
    """The hash of each file in an artifact's folder, by name; hidden files are work in progress and are left out."""
    return {file.name: sha256(file) for file in sorted(Path(folder).glob("[!.]*")) if file.is_file()}
