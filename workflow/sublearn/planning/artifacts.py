"""Plan artifacts: the inputs of each, its recipe, and the study whose folder holds it.

An artifact's fingerprint covers its recipe and the fingerprints of all its inputs. If a study's parent has an artifact with the
same fingerprint, the parent's files are used, so a larger study never repeats what a smaller one made.

Each study kind has a subclass of ``Plan``. Nothing here runs a step.
"""

import hashlib
import inspect
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from sublearn.core import fetched, findings
from sublearn.core.download import is_url
from sublearn.core.errors import UserError
from sublearn.core.figures import Figure
from sublearn.core.registry import Registry
from sublearn.planning.study import Study

AStudy = TypeVar("AStudy", bound=Study)
AFunction = TypeVar("AFunction", bound=Callable[..., Any])
FILE, FOLDER = "file", "folder"


def with_signature(function: AFunction) -> AFunction:
    """Store a function's signature on it: Snakemake asks for it three times per job, and Python would compute it each time."""
    vars(function)["__signature__"] = inspect.signature(function)
    return function


@dataclass(frozen=True)
class Artifact:
    """Files of one run, or of all runs together, in the folder of the study that owns them.

    Attributes:
        kind: what it is, such as ``teachers`` or ``filtered``; each kind has its own rules.
        key: its folder within the phase's, such as ``same_base/owl``.
        run: its run; None if all runs share it.
        recipe: the part of the study that determines it.
        seed: the study's seed; None if nothing is drawn.
        inputs: the artifacts that it is made from, by name.
        names: its file names.
        study: the study that owns it; empty for a user's own file.
        folder: the folder of its files.
        following: those of its files that change only when the others do, or that no step reads.
        modules: modules that its step uses but does not import by name, such as those of trait kinds.
    """

    kind: str
    key: str
    run: int | None
    recipe: dict[str, Any]
    seed: int | None
    inputs: dict[str, "Artifact"]
    names: tuple[str, ...]
    study: str
    folder: str
    following: frozenset[str] = frozenset()
    modules: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what determines the artifact, without the code."""
        parts = {name: part.fingerprint for name, part in self.inputs.items()}
        text = json.dumps([self.kind, self.key, self.run, self.recipe, self.seed, self.names, parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def files(self) -> list[str]:
        return [f"{self.folder}/{name}" for name in self.names]

    @property
    def content_files(self) -> list[str]:
        """The files that downstream jobs depend on; no other file changes unless one of these does.

        Snakemake checks every input of every waiting job whenever a job ends, so in a large study fewer files save much time.
        """
        return [f"{self.folder}/{name}" for name in self.names if name not in self.following]


class Own(NamedTuple):
    """A user's own file or folder: the key that names it, its place, what is made of it, and of which sorts it may be."""

    key: str
    place: str
    made: Artifact
    sorts: tuple[str, ...] = (FILE,)


class Plan(ABC, Generic[AStudy]):
    """All artifacts of a study, including those that it inherits from the studies it extends."""

    run_per_job = False  # whether a job works on one run; otherwise on all
    findings_step = ""  # the module that makes the tables: --study JSON --inputs JSON --output FOLDER

    def __init__(self, study: AStudy, parent: "Plan[AStudy] | None" = None) -> None:
        self.study, self.parent = study, parent
        self._made: dict[tuple[str, str, int | None], Artifact] = {}

    @property
    def ancestors(self) -> "list[Plan[AStudy]]":
        """This plan and those it inherits from, nearest first."""
        return [self, *(self.parent.ancestors if self.parent else [])]

    @property
    def others(self) -> "list[Plan[Any]]":
        """The plans of other studies whose artifacts this one uses, without being one of them."""
        return []

    @property
    def names_of_others(self) -> list[str]:
        """The names or paths by which a study names those whose plans are ``others``."""
        return []

    def phase_of(self, kind: str) -> str:
        """The phase whose folder holds artifacts of this kind."""
        return kind

    def following(self, kind: str) -> frozenset[str]:
        """The names of files of this kind that change only when those next to them do, or that no step reads."""
        return frozenset()

    def folder(self, kind: str, key: str, run: str | int | None) -> str:
        """The folder of an artifact of this study: under results from students on, under data for the phases before them."""
        phase = self.phase_of(kind)
        top = "results" if phase in ("students", "evaluations") else "data"
        place = f"{top}/{self.study.name}/{phase}/{key}"
        return place if run is None else f"{place}/run{run}"

    def find(self, kind: str, key: str, run: int | None = None) -> Artifact | None:
        """The artifact of that kind, key and run, if the study has one."""
        return self._made.get((kind, key, run))

    def artifact(
        self, kind: str, key: str, run: int | None, recipe: dict[str, Any], names: Iterable[str],
        inputs: dict[str, Artifact], drawn: bool = True, place: str = "", modules: Iterable[str] = (),
    ) -> Artifact:  # fmt: skip
        """Plan an artifact once: the parent's if its fingerprint is the same, else this study's own."""
        if (kind, key, run) not in self._made:
            seed = self.study.seed if drawn else None
            place = place or self.folder(kind, key, run)
            own = Artifact(
                kind, key, run, recipe, seed, inputs, tuple(names), self.study.name, place, self.following(kind), tuple(modules)
            )
            inherited = self.parent.find(kind, key, run) if self.parent else None
            same = inherited is not None and inherited.fingerprint == own.fingerprint
            self._made[kind, key, run] = inherited if inherited and same else own
        return self._made[kind, key, run]

    def own_files(self) -> Iterable[Own]:
        """The user's own files and folders."""
        return []

    def refuse_missing_files(self) -> None:
        """Refuse a file or folder of the user's that does not exist, or is of another sort, unless what is made of it does.

        Raises:
            UserError: the key, the file or folder, and what would be right.
        """
        for key, place, made, sorts in self.own_files():
            own = os.path.expanduser(place)
            if is_url(place) or os.path.exists(made.files[0]):
                continue
            if not os.path.exists(own):
                remedy = fetched.remedy(Path(place)) or f"a relative path starts from {Path.cwd()}"
                raise UserError(f"{self.study.name}: {key}: there is no {place}; {remedy}.")
            sort = FOLDER if os.path.isdir(own) else FILE if os.path.isfile(own) else "device or a pipe"
            if sort not in sorts:
                raise UserError(f"{self.study.name}: {key}: {place} is a {sort}; name a {' or a '.join(sorts)}.")

    @property
    def everything(self) -> list[Artifact]:
        """All artifacts that the study uses, including inherited ones."""
        return list(self._made.values())

    def own(self, kind: str) -> list[Artifact]:
        """The artifacts of a kind that this study makes itself."""
        return [artifact for artifact in self.artifacts(kind) if artifact.study == self.study.name]

    def artifacts(self, kind: str) -> list[Artifact]:
        """All artifacts of a kind that the study uses, including inherited ones."""
        return [artifact for artifact in self.everything if artifact.kind == kind]

    def evaluation_files(self, kind: str = "evaluations") -> list[str]:
        """The tables of an evaluation that the findings read: this study's first, then those of the studies it extends."""
        near = [plan.study.name for plan in self.ancestors]
        owners = {artifact.files[0]: near.index(artifact.study) for artifact in self.artifacts(kind)}
        return sorted(owners, key=lambda file: (owners[file], file))

    def modules(self) -> list[str]:
        """The modules that tables and figures use but do not import by name, such as those of trait kinds."""
        return []

    def table_modules(self) -> list[str]:
        """What the tables' step uses beyond what it imports by name."""
        return self.modules()

    @property
    def findings(self) -> str:
        """The folder of the study's tables."""
        return findings.folder_of(self.study.name)

    @abstractmethod
    def tables(self) -> list[str]:
        """The names of the files that ``findings_step`` writes into the folder ``findings``."""

    @abstractmethod
    def for_findings(self) -> dict[str, Any]:
        """What the tables need to know about the study, apart from its name and claims, as values for JSON."""

    @abstractmethod
    def findings_inputs(self) -> dict[str, str | list[str]]:
        """The files that the tables are made from, by name."""

    def figures(self) -> list[Figure]:
        """The figures that the study has: those of its kind that suit it."""
        return [figure for figure in self.figure_registry if figure.suits(self)]

    def figure_inputs(self, figure: Figure) -> dict[str, str | list[str]]:
        """The files that a figure is drawn from, by name: the tables of that name."""
        return {name: f"{self.findings}/{name}.csv" for name in figure.reads}

    @abstractmethod
    def caption(self) -> dict[str, Any]:
        """The values that the captions of the study's figures fill in."""

    @property
    @abstractmethod
    def figure_registry(self) -> Registry[Any]:
        """The registry of figures of this study kind."""
