"""Files by what is in them."""

import hashlib
import os
from pathlib import Path


def sha256(file: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with Path(file).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def files_of(folder: str | os.PathLike[str]) -> dict[str, str]:
    """The hash of each file of an artifact's folder by its name; hidden ones are of work in progress and do not count."""
    return {file.name: sha256(file) for file in sorted(Path(folder).glob("[!.]*")) if file.is_file()}
