"""Read a file that a user names by path or URL, and check it against the hash that the study pins."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from sublearn.core.errors import UserError
from sublearn.core.hashes import refuse_another

SECONDS = 60  # without an answer; then the download fails


def is_url(place: str) -> bool:
    return "://" in place


def read(place: str, sha256: str) -> bytes:
    """The bytes of the file at ``place``.

    Raises:
        UserError: the file is missing, cannot be fetched, or does not have the pinned hash.
    """
    try:
        if is_url(place):
            with urllib.request.urlopen(place, timeout=SECONDS) as answer:
                content: bytes = answer.read()
        else:
            content = Path(os.path.expanduser(place)).read_bytes()  # leaves a user who is not there as it is
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise UserError(
            f"{place}: cannot be read ({error}); download it where there is a network, and give its path."
        ) from error
    refuse_another(place, hashlib.sha256(content).hexdigest(), sha256)
    return content
