"""Fetch models from the hub: some files of one commit, each once, and one sentence where that fails.

A file that is in the hub's cache is taken from there without asking the hub.
"""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from sublearn.core.errors import UserError

if TYPE_CHECKING:
    from httpx2 import Client, Request


def files_of(model: str, folder: Path) -> set[str]:
    """The names of all files of a model of the hub, fetched or not, at the commit of its snapshot in the cache."""
    from huggingface_hub import errors, get_cached_repo_tree

    try:
        return {file.path for file in get_cached_repo_tree(model, revision=folder.name)}
    except errors.CachedRepoTreeNotFoundError:  # the cache of an older version, and no network to ask
        return {file.name for file in folder.iterdir()}


def fetch(model: str, commit: str, names: Collection[str]) -> Path:
    """The snapshot of a commit with some of its files: from the hub's cache alone where they are all there.

    Raises:
        UserError: as ``download``.
    """
    from huggingface_hub import errors, snapshot_download

    try:
        folder = Path(snapshot_download(model, revision=commit, allow_patterns=list(names), local_files_only=True))
    except (errors.LocalEntryNotFoundError, errors.HFValidationError):
        return download(model, commit, names)
    return folder if all((folder / name).is_file() for name in names) else download(model, commit, names)


def download(model: str, revision: str | None, patterns: Collection[str]) -> Path:
    """The snapshot of a revision of the hub with the files that match; without a network, that of its cache.

    Raises:
        UserError: there is no such model or revision, it is gated, or there is no network.
    """
    from httpx2 import HTTPError
    from huggingface_hub import errors, set_client_factory, snapshot_download

    set_client_factory(_client)
    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=list(patterns)))
    except errors.GatedRepoError as error:
        raise UserError(
            f"{model}: the model is gated; accept its licence on its page and log in with `hf auth login`."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UserError(
            f"{model}: there is no revision '{revision}'; name a commit, a tag or a branch of the model."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"{model}: the hub has no such model, or it is private; check the name, or give a local folder."
        ) from error
    except errors.HFValidationError as error:
        raise UserError(f"{model}: neither a folder that is there nor a model's name on the hub (owner/name).") from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, HTTPError) as error:
        raise UserError(
            f"{model}: the hub cannot be reached and the model is not in its cache; fetch it where there is a network, "
            "or give a local folder."
        ) from error
    except OSError as error:  # a full disk, a cache that may not be written
        raise UserError(f"{model}: its files cannot be stored ({error}).") from error


def _client() -> "Client":
    """The hub's own client, except that no request waits for ever: where the hub sets no limit, that of its downloads holds."""
    from huggingface_hub import constants
    from huggingface_hub.utils._http import default_client_factory

    def limit(request: "Request") -> None:
        limits = request.extensions["timeout"]
        request.extensions["timeout"] = {
            name: constants.HF_HUB_DOWNLOAD_TIMEOUT if seconds is None else seconds for name, seconds in limits.items()
        }

    client = default_client_factory()
    client.event_hooks["request"].append(limit)
    return client
