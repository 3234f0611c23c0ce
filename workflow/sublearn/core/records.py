"""Record how an artifact was made, in a small JSON file next to it. Every step writes one when it ends.

A record holds only what determines the artifact's bytes: the step and a hash of its code, parameters, seeds, every input with
its hash, and the versions of Python and of the packages in use. It also holds the hashes of the outputs, which reveal later
edits. Making the same artifact again therefore gives the same record. Time, machine and commit go to the step's log, which is
not published. ``bases`` names the weights of the base models; each record copies it from its inputs' records, so that a data
set alone still names the base that it comes from.

Records are derived from the step's command line, whose parser says which options are paths (``Input``, ``Output``). Paths in an
option's JSON that exist are inputs, too; a list with one path or number per run is split by run. Snakemake does not know
these files. Two decisions rest on them: a finding that its
record contradicts is made again (``orchestration.reruns``), and an adapter is loaded only on the base that its record names.
"""

import argparse
import importlib.metadata
import json
import logging
import os
import platform
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sublearn.core import git
from sublearn.core.code_identity import PACKAGE, code_of, running_step, used
from sublearn.core.errors import UserError
from sublearn.core.hashes import sha256, sha256_once

FORMAT = 1
NAME = "provenance.json"
PINNED = "base.json"  # same as models.pinned.FILE, whose import would slow down trace by a second
PARTS = {"step": str, "code": str} | dict.fromkeys(("packages", "parameters", "seeds", "inputs", "outputs", "bases"), dict)
# What makes a terminal do something, or turns text around; also halves of characters, which no terminal can show.
CONTROLS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
Record = dict[str, Any]
log = logging.getLogger("sublearn")

# Packages that can change what a step computes or writes: import name, then name of the distribution.
PACKAGES = {
    name: name for name in ("accelerate", "gguf", "matplotlib", "numpy", "pandas", "peft", "pyarrow", "safetensors", "scipy",
                            "seaborn", "statsmodels", "tokenizers", "torch", "transformers")
} | {"sklearn": "scikit-learn"}  # fmt: skip


class Input(str):
    """A path that a step reads; the ``type`` of such an option."""


class Output(str):
    """A path that a step writes, likewise."""


def harmless(text: object) -> str:
    """A text as a terminal may show it: control codes are written as their codes, ``[U+001B]``; new lines and tabs stay."""
    return CONTROLS.sub(lambda code: f"[U+{ord(code[0]):04X}]", str(text))


def hashes(files: Iterable[Path]) -> dict[Path, str]:
    """The hash of each file that exists, computed in parallel."""
    existing = [file for file in dict.fromkeys(files) if os.path.isfile(file)]  # no error for a name that no file can have
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(existing, pool.map(sha256, existing), strict=True))


@cache
def records_in(folder: Path) -> tuple[tuple[Path, Record], ...]:
    """The records in a folder, each with its file; damaged ones are skipped."""
    records = []
    for file in sorted(folder.glob(f"*{NAME}")):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            whole = _is_whole(record)
        except (OSError, ValueError, RecursionError):
            continue
        if whole:
            records.append((file, record))
    return tuple(records)


def _is_whole(record: Any) -> bool:
    """Whether a file's content is a record, with hashes where hashes belong: it may have come with somebody's data.

    Names of steps, packages and files hold no control code and no new line, which could pass for a line of ours. Outputs lie
    in the record's folder, since a card copies them.
    """
    if not (isinstance(record, dict) and all(isinstance(record.get(name), kind) for name, kind in PARTS.items())):
        return False
    inputs = record["inputs"].values()
    hashed = [record["outputs"], record["bases"], *inputs]
    known = all(isinstance(part, dict) and all(isinstance(each, str) for each in part.values()) for part in hashed)
    named = _texts({name: part for name, part in record.items() if name != "parameters"}, keys=True)
    plain = all(text == harmless(text) and "\n" not in text for text in named)
    inside = not any(os.path.isabs(name) or ".." in Path(name).parts for name in record["outputs"])
    return known and record.get("format") == FORMAT and plain and inside


def _texts(value: Any, keys: bool) -> Iterator[str]:
    """Every text in a value, at any depth, with or without the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value if keys else ()
        yield from _texts(list(value.values()), keys)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, keys)


def record_of(file: Path) -> tuple[Path, Record] | None:
    """The record that lists a file among its outputs, with the record's own file; None if there is none.

    It lies beside the file or, for what an artifact holds in a folder of its own, beside that folder.
    """
    names = ((file.parent, file.name), (file.parent.parent, f"{file.parent.name}/{file.name}"))
    found = ((place, record) for folder, name in names for place, record in records_in(folder) if name in record["outputs"])
    return next(found, None)


def record(
    args: argparse.Namespace,
    written: list[Path],
    reads_others: bool = False,
    one_each: tuple[str, ...] = (),
    described: tuple[str, ...] = (),
) -> None:
    """Write a record for each artifact that a step has made.

    Args:
        args: the step's options.
        written: the files that it wrote; files that it removed again do not count.
        reads_others: the step reads files that others published and its parameters pin; they are not inputs, and have no base.
        one_each: options that hold one value per artifact; lists of whole numbers or paths are recognised without being named.
        described: options whose JSON describes something; what reads like a path in it is not an input.

    Raises:
        UserError: no option names an output.
    """
    from sublearn.core.files import write_json  # imports pandas, which trace does not need

    step = running_step()
    existing = [file for file in dict.fromkeys(written) if file.is_file()]
    options = {name: value for name, value in vars(args).items() if value is not None}
    outputs = {name: value for name, value in options.items() if any(isinstance(part, Output) for part in _parts(value))}
    if not outputs:
        raise UserError(
            f"{step}: it writes files, but none of its options is a cli.Output; say so where its parser names them."
        )
    runs = max((len(value) for value in outputs.values() if isinstance(value, list)), default=1)
    shared: Record = {"format": FORMAT, "step": step, "code": code_of(step, *used()), "packages": packages()}
    for i in range(runs):
        own = {name: value[i] if name in one_each else value for name, value in options.items()}
        named = [Path(part) for value in outputs.values() for part in _parts(_pick(value, i, runs))]
        made = [file for file in existing if any(_is_in(file, place) for place in named)] if runs > 1 else existing
        place = named[0] / NAME if named[0].is_dir() else named[0].with_suffix(f".{NAME}")
        given = {name: value for name, value in own.items() if name not in outputs}
        silent = set(given) if reads_others else set(described)  # options whose paths are no inputs
        read = {name: files for name in given if name not in silent and (files := _files(_pick(given[name], i, runs)))}
        content = shared | _drawn_from(given, read, i, runs)
        content["inputs"] = {name: {_relative(file): sha256_once(file) for file in files} for name, files in read.items()}
        content["outputs"] = {os.path.relpath(file, place.parent): sha256(file) for file in sorted(made)}
        models = [file for name, files in read.items() if name != "recipe" for file in files]  # a recipe names judges
        content["bases"] = {} if reads_others else _bases(step, made, models)
        write_json(content, place)
        _forget_older(place, content["outputs"])
    log.info(
        "made at %s on %s (%s), commit %s",
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        socket.gethostname(),
        platform.machine(),
        git.commit_with(PACKAGE / "__init__.py"),
    )


def _forget_older(place: Path, outputs: Record) -> None:
    """Remove older records of the same outputs: two records of one file would contradict each other."""
    for file in place.parent.glob(f"*{NAME}"):
        try:
            older = json.loads(file.read_text(encoding="utf-8"))["outputs"] if file != place else {}
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            continue
        if set(older) & set(outputs):
            file.unlink(missing_ok=True)


def packages() -> dict[str, str]:
    """The versions of Python and of the packages that this process has loaded."""
    loaded = {PACKAGES[name] for name in PACKAGES if name in sys.modules}
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in sorted(loaded)}


def _parts(value: Any) -> list[str]:
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)]


def _is_in(file: Path, place: Path) -> bool:
    """Whether a file is ``place``, lies in the folder ``place``, or is the PNG or CSV of the SVG ``place``."""
    beside = place.suffix == ".svg" and file.with_suffix("") == place.with_suffix("")
    return file == place or place in file.parents or beside


def _pick(value: Any, i: int, runs: int) -> Any:
    """The value of an option for run ``i``, if it has one path or number per run; else the whole value."""
    one_each = isinstance(value, list) and len(value) == runs > 1
    return value[i] if one_each and all(isinstance(part, int | Input | Output) for part in value) else value


def _decoded(value: Any) -> Any:
    """An option's value; JSON text is decoded."""
    if isinstance(value, list):
        return [_decoded(part) for part in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _paths(value: Any) -> list[str]:
    """The paths that exist among an option's values: paths, and those in JSON; a mere text is a name or a word."""
    if isinstance(value, list):
        return [path for part in value for path in _paths(part)]
    if isinstance(value, Input):
        return [value] if os.path.exists(value) else []
    decoded = _decoded(value)
    texts = () if isinstance(decoded, str) else _texts(decoded, keys=False)
    return [text for text in texts if "/" in text and len(text) < 1024 and os.path.exists(text)]


def _files(value: Any) -> list[Path]:
    """The files that an option names; for a folder, each of its files."""
    places = map(Path, dict.fromkeys(_paths(value)))
    return [file for place in places for file in (files_in(place) if place.is_dir() else [place])]


def files_in(folder: Path) -> list[Path]:
    """The files of an artifact's folder, without records and hidden files of unfinished steps."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.startswith(".") and not file.name.endswith(NAME)
    ]


def _relative(file: Path) -> str:
    """The path relative to the working folder, if the file lies in it."""
    return os.path.relpath(file) if file.is_absolute() and file.is_relative_to(Path.cwd()) else file.as_posix()


def _drawn_from(options: Record, inputs: dict[str, list[Path]], i: int, runs: int) -> Record:
    """Parameters and seeds: the options that are not files."""
    drawn: Record = {}
    if isinstance(options.get("runs"), list):
        own = _pick(options["runs"], i, runs)
        drawn["run"] = own if isinstance(own, int) else own[0] if len(own) == 1 else own
    if "study_seed" in options:
        drawn["study_seed"] = options["study_seed"]
    plain = {
        name: _decoded(value) for name, value in options.items() if name not in ("study_seed", "runs" if "run" in drawn else "")
    }
    # An option that only lists files is an input; JSON that says more about each file is a parameter as well.
    parameters = {
        name: value
        for name, value in plain.items()
        if not (name in inputs and all(isinstance(part, Input) and os.path.exists(part) for part in _parts(value) or [""]))
    }
    return {"parameters": parameters, "seeds": drawn}


def _bases(step: str, made: list[Path], inputs: list[Path]) -> dict[str, str]:
    """The weights of the base models: the step's own outputs if it makes a base, else those in the records of its inputs."""
    if ".bases." in f"{step}.":
        weights = [file for file in made if file.suffix == ".safetensors"]
        pinned = next((file for file in made if file.name == PINNED), None)
        if pinned:
            return pinned_weights(pinned)
        return {_relative(file): sha256(file) for file in sorted(weights or made)}
    bases: dict[str, str] = {}
    for file in inputs:
        if known := record_of(file):
            bases |= known[1]["bases"]
    return dict(sorted(bases.items()))


def pinned_weights(file: Path) -> dict[str, str]:
    """The weights of a base that others trained: names and hashes from its ``base.json``, since the files lie elsewhere.

    Raises:
        UserError: the file is damaged.
    """
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))["weights"]
        return {f"{_relative(file.parent)}/{name}": str(known) for name, (_, known) in sorted(listed.items())}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: not the record of a pinned base; pin the base again.") from error


def base_of(record: Record) -> dict[str, str]:
    """The weights of the base that a model was fine-tuned from, with their hashes, by the model's record.

    A model has weights from its base alone; from teachers and carriers it only learned.
    """
    read = {name: known for option in ("base", "bases") for name, known in record["inputs"].get(option, {}).items()}
    folders = {Path(name).parent for name in read}
    # The weights of a pinned base are no inputs, since they lie elsewhere; the base's own record names them.
    named = {name: known for name, known in record["bases"].items() if Path(name).parent in folders}
    return named | {name: known for name, known in read.items() if name.endswith(".safetensors")}
