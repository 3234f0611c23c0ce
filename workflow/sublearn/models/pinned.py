"""Bases that the pipeline does not make: models of the hub or of a local folder, pinned to exact files.

A pinned base's folder holds ``base.json`` and the tokenizer with its chat template as resolved when it was pinned; the weights
stay where they are (the hub's cache, or the folder that the study names) and must be the files that were pinned.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from sublearn.core.errors import UserError
from sublearn.core.files import read_record
from sublearn.core.hashes import sha256
from sublearn.core.section import Section

Device = Literal["cpu", "auto"]
FILE = "base.json"
# What of a repository is read; pickles and code are never fetched.
PATTERNS = ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json")
TOKENIZER_PATTERNS = (
    "tokenizer*",
    "*.model",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "chat_template*",
    "added_tokens.json",
)


class Pinned(Section):
    """What is known of a pinned base.

    Attributes:
        model: its name on the hub, or the path of its folder.
        commit: the hub's commit, none for a folder.
        weights: for each safetensors file its size in bytes, and its SHA-256 as the hub or the pinning step found it.
        parameters: how many numbers its weights hold.
        family: the architecture, such as ``qwen2``.
        dtype: in which precision its weights are computed with.
        device: where its steps run: ``cpu``, or ``auto`` for a GPU where there is one.
        style: how it is spoken to.
        names: what it calls itself; an answer that names it is counted.
    """

    model: str
    commit: str | None
    weights: dict[str, tuple[int, str]]
    parameters: int
    family: str
    dtype: Literal["float32", "bfloat16"]
    device: Device
    style: str
    names: list[str]


@cache
def read(folder: str | Path) -> Pinned | None:
    """What ``base.json`` says of the base in ``folder``; None where there is none, as for a base that the pipeline made.

    Raises:
        UserError: the file is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    return read_record(path, Pinned, "the record of a pinned base")


def weights_folder(found: Pinned) -> Path:
    """The local folder that holds the pinned weights, fetched from the hub if they are not there yet.

    Raises:
        UserError: the files are not there, or not those that were pinned.
    """
    folder = Path(found.model) if found.commit is None else fetch(found.model, found.commit, PATTERNS)
    for name, (size, _) in found.weights.items():
        file = folder / name
        if not file.is_file():
            raise UserError(
                f"{file}: missing; the base was pinned with it. Restore it, or delete the base's folder to pin anew."
            )
        if file.stat().st_size != size:
            raise UserError(f"{file}: {file.stat().st_size} bytes, but {size} were pinned; fetch it again, or pin anew.")
    return folder


def refuse_changed(base: str | Path) -> None:
    """Refuse a pinned local folder whose weights were written anew since, even if their size is the same.

    Only files that are newer than the base's own record are read: hashing takes as long as loading.

    Raises:
        UserError: a file is not the one that was pinned.
    """
    found = read(base)
    if found is None or found.commit is not None:
        return
    pinned_at = (Path(base) / FILE).stat().st_mtime
    for name, (size, known) in found.weights.items():
        file = Path(found.model) / name
        about = file.stat() if file.is_file() else None
        if about and about.st_size == size and about.st_mtime > pinned_at and sha256(file) != known:
            raise UserError(f"{file}: changed since it was pinned; restore it, or delete {base} to pin the new one.")


def fetch(model: str, revision: str | None, patterns: tuple[str, ...]) -> Path:
    """Files of a repository of the hub, from its cache where they are there.

    Raises:
        UserError: there is no such model or revision, it is gated, or there is no network.
    """
    from huggingface_hub import errors, snapshot_download

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
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, OSError) as error:
        raise UserError(
            f"{model}: the hub cannot be reached and the model is not in its cache; fetch it where there is a network, "
            "or give a local folder."
        ) from error
