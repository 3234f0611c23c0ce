"""What an artifact was made of: a small JSON file beside it, which every step leaves when it ends.

It holds only what determines the artifact's bytes: the step and a hash of its code, parameters, seeds, every input with its
hash, the versions of Python and of the packages in use; and the hashes of the outputs, by which an edit is found. So it is the
same whenever the same thing is made. Time, machine and commit are in the step's log, which is not shipped. ``bases`` names the
weights that everything began with, handed on from record to record, so that a data set far from home can still say whose it is.

A step's command line is the source, by one rule that all steps follow: options name files and folders; those that the step
wrote are its outputs, all others that are there are inputs; and a step that makes an artifact for each of several runs takes a
list with one value for each. Nothing here decides what runs, and Snakemake does not know these files.
"""

import argparse
import importlib.metadata
import json
import logging
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sublearn.core.code_identity import PACKAGE, code_of, used
from sublearn.core.hashes import sha256

FORMAT = 1
NAME = "provenance.json"
PINNED = "base.json"  # models.pinned.FILE; importing that would take trace a second
Record = dict[str, Any]
log = logging.getLogger("sublearn")

# Packages that can change what a step computes or writes, by the name under which they are imported.
PACKAGES = {
    name: name for name in ("accelerate", "matplotlib", "numpy", "pandas", "peft", "pyarrow", "safetensors", "scipy", "seaborn",
                            "statsmodels", "tokenizers", "torch", "transformers")
} | {"sklearn": "scikit-learn"}  # fmt: skip


def hashes(files: Iterable[Path]) -> dict[Path, str]:
    """The hash of each file that is there, several at a time."""
    there = [file for file in dict.fromkeys(files) if file.is_file()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(there, pool.map(sha256, there), strict=True))


@cache
def records_in(folder: Path) -> tuple[tuple[Path, Record], ...]:
    """The records in a folder, each with its file; a damaged one is no record."""
    found = []
    for file in sorted(folder.glob(f"*{NAME}")):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(record, dict) and record.get("format") == FORMAT:
            found.append((file, record))
    return tuple(found)


def record_of(file: Path) -> tuple[Path, Record] | None:
    """The record that names a file among its outputs, with the record's own file."""
    return next(((place, record) for place, record in records_in(file.parent) if file.name in record["outputs"]), None)


def record(args: argparse.Namespace, written: list[Path], reads_others: bool = False, one_each: tuple[str, ...] = ()) -> None:
    """Write a record for each artifact that a step has made.

    Args:
        args: the step's options.
        written: the files that it wrote; those that it removed again do not count.
        reads_others: what the step reads was made by others and is pinned by its parameters: no input, and no base.
        one_each: options that hold one value for each artifact, beside those of numbers or paths.
    """
    from sublearn.core.files import write_json  # pandas with it, which trace does without

    step = _step()
    there = [file for file in dict.fromkeys(written) if file.is_file()]
    options = {name: value for name, value in vars(args).items() if value is not None}
    outputs = {name: value for name, value in options.items() if any(_covers(part, there) for part in _parts(value))}
    runs = max((len(value) for value in outputs.values() if isinstance(value, list)), default=1)
    shared: Record = {"format": FORMAT, "step": step, "code": code_of(step, *used()), "packages": packages()}
    for i in range(runs if outputs else 0):
        own = {name: value[i] if name in one_each else value for name, value in options.items()}
        named = [Path(part) for value in outputs.values() for part in _parts(_pick(value, i, runs))]
        made = [file for file in there if any(_is_in(file, place) for place in named)] if runs > 1 else there
        place = named[0] / NAME if named[0].is_dir() else named[0].with_suffix(f".{NAME}")
        inputs = {name: _files(_pick(value, i, runs)) for name, value in own.items() if name not in outputs}
        inputs = {name: [] for name in inputs} if reads_others else inputs
        content = shared | _drawn_from({name: value for name, value in own.items() if name not in outputs}, inputs, i, runs)
        content["inputs"] = {
            name: {_relative(file): sha256_once(file) for file in files} for name, files in inputs.items() if files
        }
        content["outputs"] = {os.path.relpath(file, place.parent): sha256(file) for file in sorted(made)}
        content["bases"] = {} if reads_others else _bases(step, made, [file for files in inputs.values() for file in files])
        write_json(content, place)
    log.info(
        "made at %s on %s (%s), commit %s",
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        socket.gethostname(),
        platform.machine(),
        _commit(),
    )


def packages() -> dict[str, str]:
    """The versions of Python and of the packages that this process has loaded."""
    loaded = {PACKAGES[name] for name in PACKAGES if name in sys.modules}
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in sorted(loaded)}


@cache
def sha256_once(file: Path) -> str:
    """The hash of an input, which does not change while a step runs: a base is read by many of its runs."""
    return sha256(file)


def _step() -> str:
    """The module that runs as a command, such as ``sublearn.chain.students.train``; a launcher puts its name before options."""
    spec = sys.modules["__main__"].__spec__
    return sys.argv[0] if sys.argv[0].startswith(f"{PACKAGE.name}.") else spec.name if spec else "unknown"


def _parts(value: Any) -> list[str]:
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)]


def _is_in(file: Path, place: Path) -> bool:
    """Whether a file is the named one, lies in the named folder, or beside a named SVG, as its PNG and its data do."""
    beside = place.suffix == ".svg" and file.with_suffix("") == place.with_suffix("")
    return file == place or place in file.parents or beside


def _covers(part: str, files: list[Path]) -> bool:
    return Path(part) != Path() and any(_is_in(file, Path(part)) for file in files)


def _pick(value: Any, i: int, runs: int) -> Any:
    """The value for run ``i`` of an option that has one for each."""
    one_each = isinstance(value, list) and len(value) == runs > 1
    return value[i] if one_each and (all(isinstance(part, int) for part in value) or all(map(_is_path, value))) else value


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and "/" in value and len(value) < 1024 and os.path.exists(value)


def _decoded(value: Any) -> Any:
    """An option's value, what is written as JSON read."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _strings(value: Any) -> Iterator[str]:
    """Every string in a value, whatever it is nested in."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _files(value: Any) -> list[Path]:
    """The files that an option names, those of a folder one by one."""
    places = [Path(text) for text in dict.fromkeys(_strings(_decoded(value))) if _is_path(text)]
    return [file for place in places for file in (files_in(place) if place.is_dir() else [place])]


def files_in(folder: Path) -> list[Path]:
    """The files of an artifact's folder, without records and what a step in the middle of its work leaves."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.startswith(".") and not file.name.endswith(NAME)
    ]


def _relative(file: Path) -> str:
    """The path as seen from the project, where it lies in it."""
    return os.path.relpath(file) if file.is_absolute() and file.is_relative_to(Path.cwd()) else file.as_posix()


def _drawn_from(options: Record, inputs: dict[str, list[Path]], i: int, runs: int) -> Record:
    """Parameters and seeds: what the options say beside files."""
    drawn: Record = {}
    if isinstance(options.get("runs"), list):
        own = _pick(options["runs"], i, runs)
        drawn["run"] = own if isinstance(own, int) else own[0] if len(own) == 1 else own
    if "study_seed" in options:
        drawn["study_seed"] = options["study_seed"]
    plain = {
        name: _decoded(value) for name, value in options.items() if name not in ("study_seed", "runs" if "run" in drawn else "")
    }
    # An option of files alone is among the inputs; one that says more of each file, as JSON, is a parameter as well.
    parameters = {
        name: value for name, value in plain.items() if not (inputs[name] and all(map(_is_path, _parts(value) or [""])))
    }
    return {"parameters": parameters, "seeds": drawn}


def _bases(step: str, made: list[Path], inputs: list[Path]) -> dict[str, str]:
    """The weights that everything began with: a base's own, else those that the inputs' records name."""
    if ".bases." in f"{step}.":
        weights = [file for file in made if file.suffix == ".safetensors"]
        pinned = next((file for file in made if file.name == PINNED), None)
        if pinned:
            return pinned_weights(pinned)
        return {_relative(file): sha256(file) for file in sorted(weights or made)}
    found: dict[str, str] = {}
    for file in inputs:
        if known := record_of(file):
            found |= known[1]["bases"]
    return dict(sorted(found.items()))


def pinned_weights(file: Path) -> dict[str, str]:
    """The weights of a base that others trained, which lie elsewhere: what its ``base.json`` says of them."""
    listed = json.loads(file.read_text(encoding="utf-8"))["weights"]
    return {f"{_relative(file.parent)}/{name}": known for name, (_, known) in sorted(listed.items())}


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PACKAGE, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
