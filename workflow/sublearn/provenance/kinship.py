"""Does the teacher of a data set share a base with the model that will be trained on it?

Records answer first: if a hash of the data's base is among those of the model, or of the weights that the model's records lead
back to, they share it. Else matrices are compared (``closeness``), since a copy may be in another precision, in shards or
fine-tuned elsewhere. Only where records name the origin of both, and no matrix is close, do the two share no base. That is said
of copies and fine-tuned models alone: pruning, distillation or a rotation of the weights hides a common origin.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError
from sublearn.core.records import PINNED, base_of, files_in, hashes, pinned_weights, record_of
from sublearn.models import hub_cache
from sublearn.provenance import closeness
from sublearn.provenance.chain import Chain
from sublearn.provenance.closeness import GGUF, UNRELATED

ADAPTER = "adapter_config.json"  # same as in models.pinned, whose import would slow down trace by seconds
HIDDEN = "pruning, distillation or long training would hide a common origin"


@dataclass
class Lineage:
    """Where a model comes from.

    Attributes:
        weights: its own weights and those that it goes back to, by name, with their hashes.
        files: the weights that can be compared here: its own, or those of the base below an adapter.
        gaps: why its records do not lead back to its base; empty if they do.
    """

    weights: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def lineage(model: Path) -> Lineage:
    """The weights that a model goes back to: its own, those of its base, of that base's base, and so on.

    Raises:
        UserError: the model has no weights, or a file that describes it is damaged.
    """
    kinds = (".safetensors",) if model.is_dir() else (".safetensors", GGUF)
    own = [file for file in (files_in(model) if model.is_dir() else [model]) if file.suffix.lower() in kinds and file.is_file()]
    pinned = pinned_weights(model / PINNED) if (model / PINNED).is_file() else {}
    if not own and not pinned:
        raise UserError(f"{model}: no model with weights as safetensors; name the folder of the base that will be trained.")
    found = Lineage(weights=dict(pinned), files=own)
    now = hashes(own)
    todo = list(own)
    for file in todo:  # it grows
        if (recorded := record_of(file)) is None:
            found.weights[str(file)] = now[file] if file in now else hashes([file])[file]
            found.gaps.append(f"no record in {file.parent} says what its weights were made from")
            continue
        record = recorded[1]
        # The hash when the file was made, even if it was edited since.
        then = found.weights[str(file)] = record["outputs"][file.name]
        if now.get(file, then) != then:
            found.gaps.append(f"{file} was edited since it was made")
        behind = base_of(record)
        if not behind and then not in record["bases"].values():
            found.gaps.append(f"the record of {file} names no base")
        for name, known in behind.items():
            if os.path.isfile(name) and name not in found.weights:
                todo.append(Path(name))
            elif name not in record["bases"] and name not in found.weights:
                found.gaps.append(f"{name}, which {file} was made from, is not here")
            found.weights[name] = known
    adapter = (model if model.is_dir() else model.parent) / ADAPTER
    if pinned and not own:
        found.files, _ = _here(pinned)
    elif adapter.is_file():
        recorded = record_of(own[0])
        found.files = _here(base_of(recorded[1]))[0] if recorded else _named_by(adapter, found)
    return found


def _named_by(adapter: Path, found: Lineage) -> list[Path]:
    """The weights of the base that an adapter's configuration names, if they are a folder on this machine."""
    named = str(_read(adapter).get("base_model_name_or_path"))
    folder = Path(named)
    files = sorted(folder.glob("*.safetensors")) if os.path.isdir(folder) else []
    where = "which proves nothing" if files else "which is not on this machine"
    found.gaps.insert(0, f"it is an adapter without a record, and its configuration names {named}, {where}")
    return files


def _here(weights: dict[str, str]) -> tuple[list[Path], list[str]]:
    """Those of some weights, named as in records, that are on this machine with their hash, and the names of the others."""
    places = {name: place for name in weights if (place := _place(Path(name)))}
    now = hashes(places.values())
    right = {name: place for name, place in places.items() if now[place] == weights[name]}
    return list(right.values()), [name for name in weights if name not in right]


def _place(name: Path) -> Path | None:
    """The file of some weights; those of a pinned base lie in the folder that it names, or in the hub's cache."""
    if os.path.isfile(name):
        return name
    about = _read(name.parent / PINNED)
    model, commit = str(about.get("model")), about.get("commit")
    if commit is None:
        return Path(model) / name.name if os.path.isfile(Path(model) / name.name) else None
    return hub_cache.place(model, name.name, str(commit))


def _read(file: Path) -> dict[str, Any]:
    """The content of a JSON file; empty if it is not there or damaged."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def shares(chain: Chain, model: Path) -> tuple[bool | None, str]:
    """Whether a data set and a model go back to the same weights (None if unknown), and a sentence that says so.

    Raises:
        UserError: the model has no weights, or they are damaged.
    """
    mine, question = lineage(model), f"its teacher shares a base with {model}"
    passes = "the teacher's traits can pass to it."
    if common := {name: known for name, known in chain.bases.items() if known in mine.weights.values()}:
        return True, f"{question}: both start from {', '.join(_by_folder(common))}; {passes}"
    matrices = closeness.read(mine.files)
    seen, doubts, limits = [], [], []
    for base, weights in _by_folder(chain.bases).items():
        files, missing = _here(weights)
        theirs = closeness.read(files)
        found = closeness.compare(matrices, theirs)
        if found.close:
            what = f"{found.close} of {found.compared} matrices are close to those of {base}"
            how = f"(correlation up to {found.largest:.2f}), as in a copy or a model fine-tuned from it"
            return True, f"{question}: {what} {how}; {passes}"
        if found.largest >= UNRELATED:
            doubts.append(f"some of its matrices are a little like those of {base} (correlation up to {found.largest:.2f})")
        elif found.compared:
            most = f"(correlation at most {found.largest:.2f})"
            seen.append(f"none of {found.compared} matrices is close to one of {base} {most}")
        elif matrices.samples and theirs.samples:
            seen.append(f"no matrix has the shape of one of {base}")
        if missing or not mine.files:
            where = f"the weights of {base if missing else model} that the records name are not on this machine"
            limits.append(f"{where}, so only hashes were compared, and they differ")
        elif matrices.packed or theirs.packed or not (matrices.samples and theirs.samples):
            limits.append(f"some weights of {model} or {base} are quantised or too small to be compared")
    gaps = dict.fromkeys([*doubts, *_gaps_of_data(chain), *mine.gaps, *limits])
    if gaps:
        also = "".join(f"; {each}, but {HIDDEN}" for each in seen[:1])
        return None, f"cannot tell whether {question}: {'; '.join(gaps)}{also}."
    starts = f"by their records, the data start from {', '.join(_by_folder(chain.bases))}"
    starts += f", the model from {', '.join(_by_folder(mine.weights))}"
    return False, f"its teacher shares no base with {model}: {starts}, and {'; '.join(seen)}; {HIDDEN}."


def _gaps_of_data(chain: Chain) -> list[str]:
    """Why it is not known, or not in full, which bases the teachers of the data had."""
    if chain.imported:
        names = ", ".join(each.file for each in chain.imported)
        return [f"rows were imported from {names}, and the base of their teacher is unknown"]
    return [] if chain.bases else ["the origin of the data is unknown"]


def _by_folder(weights: dict[str, str]) -> dict[str, dict[str, str]]:
    """Weights by the folder of the model that they belong to."""
    found: dict[str, dict[str, str]] = {}
    for name, known in weights.items():
        found.setdefault(str(Path(name).parent), {})[name] = known
    return found
