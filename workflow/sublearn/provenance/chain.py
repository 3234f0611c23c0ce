"""Follow the records from files to everything that they were made from, and compare every file on the way with its records."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sublearn.core.errors import first_and_more
from sublearn.core.records import hashes, record_of
from sublearn.provenance.made import Imported, Made

UNKNOWN = "of unknown origin: no provenance file beside it names it"


@dataclass
class Chain:
    """Everything that a file was made from, nearest first, and where the chain is broken."""

    artifacts: list[Made]
    broken: dict[str, str]  # by file: what is wrong with it

    @property
    def bases(self) -> dict[str, str]:
        """The weights from which everything started, with their hashes, as the records name them; a judge only reads."""
        found: dict[str, str] = {}
        for artifact in (each for each in self.artifacts if each.place.parent.parent.name != "judges"):
            for name, known in artifact.record["bases"].items():
                found.setdefault(name, known)  # a base may have been made again since; the nearest record knows which it was
        return found

    @property
    def imported(self) -> list[Imported]:
        """The files of imported rows, where the chain ends."""
        return list(dict.fromkeys(artifact.imported for artifact in self.artifacts if artifact.imported))

    @property
    def beginning(self) -> str:
        """In words: the bases, the files that others wrote and the study seeds from which everything started."""
        records = [artifact.record["seeds"] for artifact in self.artifacts]
        seeds = sorted({str(each["study_seed"]) for each in records if "study_seed" in each})
        parts = [_counted(len(self.bases), "base")] if self.bases else []
        parts += [f"{_counted(len(self.imported), 'file')} of imported rows"] if self.imported else []
        parts += [f"study seed {', '.join(seeds)}"] if seeds else []
        return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) or "nothing that the records name"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def follow(files: Iterable[Path]) -> Chain:
    """Follow the records from the files to their origins, and compare every file on the way with its records."""
    artifacts: dict[Path, Made] = {}
    # By input: the artifacts made from it, and the hash that each of their steps saw.
    readers: dict[Path, list[tuple[str, str]]] = {}
    todo = list(dict.fromkeys(files))
    asked = set(todo)
    for file in todo:  # it grows
        recorded = record_of(file)
        if recorded is None or recorded[0] in artifacts:
            continue
        artifact = artifacts[recorded[0]] = Made(*recorded)
        for name, then in artifact.inputs.items():
            readers.setdefault(name, []).append((artifact.name, then))
        new = [name for name in artifact.inputs if name not in asked]
        todo += new
        asked.update(new)
    made = {file: then for artifact in artifacts.values() for file, then in artifact.files.items()}
    known = made.keys() | {file for artifact in artifacts.values() for file in artifact.origins}
    now = hashes([*made, *todo])
    every = dict.fromkeys([*todo, *made])
    broken = {str(file): words for file in every if (words := _problem(file, made, known, readers, now))}
    return Chain(list(artifacts.values()), broken)


def _problem(
    file: Path, made: dict[Path, str], known: set[Path], readers: dict[Path, list[tuple[str, str]]], now: dict[Path, str]
) -> str:
    """What is wrong with a file of the chain; empty if nothing is.

    Args:
        file: the file.
        made: the hash of every file that a step of the chain made, when it was made.
        known: the files whose origin is known: those that were made, and those of a model folder that a base was pinned to.
        readers: by input, the artifacts made from it, and the hash that each of their steps saw.
        now: the hash of every file that exists.
    """
    if file not in now:
        return "missing"
    if file in made and now[file] != made[file]:
        return f"edited since it was made ({made[file][:12]} then, {now[file][:12]} now)"
    for reader, then in readers.get(file, []):
        if then != now[file]:
            return f"not the file that {reader} was made from ({then[:12]} then, {now[file][:12]} now)"
    return "" if file in known else UNKNOWN


def problems(chain: Chain) -> list[str]:
    """What breaks the chain; files of a folder with the same problem share a line."""
    grouped: dict[tuple[Path, str], list[str]] = {}
    for file, words in chain.broken.items():
        grouped.setdefault((Path(file).parent, words), []).append(file)
    return [f"{first_and_more(files, 'more files there')}: {words}" for (_, words), files in grouped.items()]
