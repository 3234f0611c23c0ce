"""Bases that the pipeline does not make: models of the hub or of a local folder, pinned to exact files.

A pinned base's folder holds ``base.json`` and the tokenizer with its chat template as resolved when it was pinned; the weights
stay where they are (the hub's cache, or the folder that the study names) and must be the files that were pinned.
"""

import json
from collections.abc import Collection
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from sublearn.core.errors import UserError
from sublearn.core.files import read_record
from sublearn.core.hashes import sha256_once
from sublearn.core.section import Section
from sublearn.models import hub

Device = Literal["cpu", "auto"]
Attention = Literal["sdpa", "eager"]
FILE = "base.json"
GIVEN = "given.json"  # the same of a whole model that is a given teacher
CONFIG = "config.json"
WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
ADAPTER = "adapter_config.json"


class Pinned(Section):
    """What is known of a pinned base.

    Attributes:
        model: its name on the hub, or the path of its folder.
        gguf: the GGUF file that holds all of it, if one does.
        origin: who made its weights, under which licence, as the study says or else the file.
        commit: the hub's commit, none for a folder.
        config: the SHA-256 of its configuration, or of the GGUF file that holds it.
        weights: for each weights file its size in bytes, and its SHA-256 as the hub or the pinning step found it.
        parameters: how many numbers its weights hold.
        family: the architecture, such as ``qwen2``.
        attention: how attention is computed: torch's fused one, or step by step where the model has no other.
        dropout: the dropout rates of its configuration; here dropout is off.
        dtype: in which precision its weights are computed with.
        device: where its steps run: ``cpu``, or ``auto`` for a GPU where there is one.
        style: how it is spoken to.
        names: what it calls itself; an answer that names it is counted.
    """

    model: str
    gguf: str | None
    origin: str
    commit: str | None
    config: str
    weights: dict[str, tuple[int, str]]
    parameters: int
    family: str
    attention: Attention
    dropout: dict[str, float]
    dtype: Literal["float32", "bfloat16"]
    device: Device
    style: str
    names: list[str]


def described_in(gguf: str | None) -> str:
    """The file that holds a model's configuration: the GGUF file that holds all of it, if one does."""
    return gguf or CONFIG


@cache
def read(folder: str | Path) -> Pinned | None:
    """What ``base.json`` says of the base in ``folder``, or ``given.json`` of a given teacher; None where there is neither.

    A base that the pipeline made has none.

    Raises:
        UserError: the file is damaged.
    """
    path = next((place for name in (FILE, GIVEN) if (place := Path(folder) / name).is_file()), None)
    if path is None:
        return None
    return read_record(path, Pinned, "the record of a pinned base")


def weights_folder(found: Pinned) -> Path:
    """The local folder that holds the pinned weights, fetched from the hub if they are not there yet.

    Raises:
        UserError: the files are not there, or not those that were pinned.
    """
    if found.commit is None:
        folder = Path(found.model)
    else:
        index = [] if WHOLE in found.weights or found.gguf else [INDEX]
        folder = hub.fetch(found.model, found.commit, (described_in(found.gguf), *found.weights, *index))
    for name, (size, _) in found.weights.items():
        file = folder / name
        if not file.is_file():
            raise UserError(
                f"{file}: missing; the base was pinned with it. Restore it, or delete the base's folder to pin anew."
            )
        if file.stat().st_size != size:
            raise UserError(f"{file}: {file.stat().st_size} bytes, but {size} were pinned; fetch it again, or pin anew.")
    if other := sorted(set(weights_in(folder, gguf=found.gguf)) - set(found.weights)):
        raise UserError(
            f"{folder / other[0]}: would be read, but the base was pinned with {sorted(found.weights)[0]}. Remove it, or "
            "delete the base's folder to pin anew."
        )
    return folder


def refuse_changed(base: str | Path) -> None:
    """Refuse a pinned local folder whose weights or configuration are not those that were pinned.

    Dates say nothing: where a folder was moved here, or a link leads elsewhere now, the files are as old as they were.

    Raises:
        UserError: a file is not the one that was pinned.
    """
    found = read(base)
    if found is None or found.commit is not None:
        return
    sizes = {name: size for name, (size, _) in found.weights.items()}
    for name, known in {
        described_in(found.gguf): found.config,
        **{name: known for name, (_, known) in found.weights.items()},
    }.items():
        file = Path(found.model) / name
        # What is not there, or of another size, ``weights_folder`` refuses without reading it.
        there = file.is_file() and file.stat().st_size == sizes.get(name, file.stat().st_size)
        if there and sha256_once(file) != known:
            raise UserError(f"{file}: changed since it was pinned; restore it, or delete {base} to pin the new one.")


def weights_in(folder: Path, there: Collection[str] | None = None, gguf: str | None = None) -> tuple[str, ...]:
    """The weights files that ``from_pretrained`` reads from a model's folder; the same weights in other files do not count.

    Args:
        there: the names of all its files, where some are still to be fetched.
        gguf: the GGUF file that holds all of the model; then nothing else is read.

    Raises:
        UserError: it has no safetensors weights, or an adapter beside them.
    """
    if gguf is not None:
        return (gguf,)
    there = {file.name for file in folder.iterdir()} if there is None else there
    if ADAPTER in there:
        raise UserError(
            f"{folder}: {ADAPTER} lies beside the model's own weights and would change them; merge the adapter into them, or "
            "remove it."
        )
    if WHOLE in there:
        return (WHOLE,)
    if INDEX in there:
        named = description(folder / INDEX).get("weight_map")
        shards = sorted(set(map(str, named.values()))) if isinstance(named, dict) else []
        if not shards or any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in shards):
            raise UserError(f"{folder / INDEX}: it names no weights files beside it; fetch it again.")
        return tuple(shards)
    others = sorted(name for name in there if name.endswith(".safetensors"))
    beside = f" ({', '.join(others[:3])} is no name that it reads)" if others else ""
    raise UserError(
        f"{folder}: no safetensors weights under the names that transformers reads, {WHOLE} or {INDEX}{beside}; pickled ones "
        "are never loaded, so convert the model first."
    )


def description(file: Path) -> dict[str, Any]:
    """A JSON file that came with a model.

    Raises:
        UserError: it is missing or damaged.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{file}: there is no such file; a model's folder has one.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: not readable as JSON ({error}); fetch it again.") from error
    if not isinstance(found, dict):
        raise UserError(f"{file}: should be a mapping of names to values; fetch it again.")
    return found
