"""Artifacts as their records describe them."""

from dataclasses import dataclass
from pathlib import Path

from sublearn.core.errors import UserError
from sublearn.core.records import PINNED, Record
from sublearn.planning.phases import PHASES


@dataclass(frozen=True)
class Imported:
    """A file of rows that others wrote, as the study names it; ``origin`` is what the study says of them."""

    file: str
    sha256: str
    origin: str

    @property
    def stated(self) -> str:
        return f"the study says: {self.origin}" if self.origin else "the study states no origin"


@dataclass
class Made:
    """An artifact as it was made: its record, and the record's file (``place``)."""

    place: Path
    record: Record

    @property
    def files(self) -> dict[Path, str]:
        """The artifact's files, with their hashes when they were made."""
        return {self.place.parent / name: known for name, known in self.record["outputs"].items()}

    @property
    def inputs(self) -> dict[Path, str]:
        """The files that the artifact was made from, with the hashes that the step saw."""
        return {Path(name): known for part in self.record["inputs"].values() for name, known in part.items()}

    @property
    def origins(self) -> list[Path]:
        """The files of the model folder that a pinned base names: the chain begins there, as it does at a commit of the hub."""
        return [Path(name) for name in self.record["inputs"].get("recipe", {})] if PINNED in self.record["outputs"] else []

    @property
    def imported(self) -> Imported | None:
        """The file whose rows the artifact holds, if it holds rows that others wrote.

        Raises:
            UserError: the record does not name it.
        """
        if self.record["step"] != "sublearn.chain.carriers.import_rows":
            return None
        try:
            files = self.record["parameters"]["recipe"]["files"]
            mine = files[self.record["seeds"]["run"] % len(files)]
            found = (mine["file"], mine["sha256"], mine.get("origin", ""))
        except (LookupError, TypeError, AttributeError, ArithmeticError):
            found = (None, None, None)
        file, sha256, origin = (" ".join(each.split()) if isinstance(each, str) else None for each in found)
        if file is None or sha256 is None or origin is None:
            raise UserError(f"{self.place}: the record of imported rows does not say which file they are of; import again.")
        return Imported(file, sha256, origin)

    @property
    def phase(self) -> str:
        return next((part for part in reversed(PHASES) if part in self.place.parts), "other")

    @property
    def name(self) -> str:
        """The artifact's folder, or its first file if the folder holds several artifacts."""
        alone = self.place.name == "provenance.json"
        return str(self.place.parent) if alone else str(self.place).removesuffix(".provenance.json")

    @property
    def seeds(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(self.record["seeds"].items()))
