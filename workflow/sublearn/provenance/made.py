"""An artifact as it was made, by what its record says."""

from dataclasses import dataclass
from pathlib import Path

from sublearn.core.records import Record
from sublearn.planning.phases import PHASES


@dataclass
class Made:
    """An artifact in the chain, as it was made: its record, the file of the record, and its own files."""

    place: Path
    record: Record

    @property
    def files(self) -> dict[Path, str]:
        """Its files with the hashes that they had when they were made."""
        return {self.place.parent / name: known for name, known in self.record["outputs"].items()}

    @property
    def inputs(self) -> dict[Path, str]:
        """What it was made of, with the hashes that the step saw."""
        return {Path(name): known for part in self.record["inputs"].values() for name, known in part.items()}

    @property
    def phase(self) -> str:
        return next((part for part in reversed(PHASES) if part in self.place.parts), "other")

    @property
    def name(self) -> str:
        """The folder, or the first of several files in one."""
        alone = self.place.name == "provenance.json"
        return str(self.place.parent) if alone else str(self.place).removesuffix(".provenance.json")

    @property
    def seeds(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(self.record["seeds"].items()))
