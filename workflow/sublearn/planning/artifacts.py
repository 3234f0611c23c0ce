"""Which artifact is made from which, by which recipe, and in which study's folder it lies.

An artifact has a fingerprint: its recipe and the fingerprints of all its inputs. Where a study's parent has the same
artifact with the same fingerprint, the parent's file is used, so a larger study never makes again what a smaller one made.

A study kind's plan is a subclass of ``Plan``. Nothing here runs a step.
"""

import hashlib
import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from sublearn.core.figures import Figure
from sublearn.core.registry import Registry
from sublearn.planning.study import Study

AStudy = TypeVar("AStudy", bound=Study)
AFunction = TypeVar("AFunction", bound=Callable[..., Any])

# Files beside a model's weights or a carrier's rows that change only when those do; a base's shape and tokenizer do not follow.
FOLLOWING = {"generation_config.json", "adapter_config.json", "training.json", "calibration.json", "rejected.parquet",
             "filter.json"}  # fmt: skip
FOLLOWING_OTHERS = FOLLOWING | {"config.json"}


def with_signature(function: AFunction) -> AFunction:
    """Store a function's signature on it: Snakemake asks for it three times a job, and Python would compute it each time."""
    vars(function)["__signature__"] = inspect.signature(function)
    return function


@dataclass(frozen=True)
class Artifact:
    """Files of one run, or of all runs, in the folder of the study that owns them.

    Attributes:
        kind: what it is, such as ``teachers`` or ``filtered``; each kind has rules of its own.
        key: the folder under the phase's, such as ``same_base/owl``.
        run: which run, None for what all runs share.
        recipe: the part of the study that determines it.
        seed: the study's seed, None where nothing is drawn.
        inputs: what it is made from, by name.
        names: its file names.
        study: the owner; empty for a user's own file.
        folder: where the files lie.
        modules: what its step uses beyond what it imports by name, such as the modules of trait kinds.
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
    modules: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what determines the artifact, code apart."""
        parts = {name: part.fingerprint for name, part in self.inputs.items()}
        text = json.dumps([self.kind, self.key, self.run, self.recipe, self.seed, self.names, parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def files(self) -> list[str]:
        return [f"{self.folder}/{name}" for name in self.names]

    @property
    def content_files(self) -> list[str]:
        """The files that downstream jobs depend on; no other file changes unless one of these does.

        Snakemake looks at every input of every waiting job whenever a job ends, so a large study lives by their number.
        """
        following = FOLLOWING if self.kind == "bases" else FOLLOWING_OTHERS
        return [f"{self.folder}/{name}" for name in self.names if name not in following]


class Plan(ABC, Generic[AStudy]):
    """All artifacts of a study, those that its ancestors own among them; a study kind's plan says what there is to make."""

    run_per_job = False  # whether a job works on one run, and not on all
    findings_step = ""  # the module that makes the tables: --study JSON --inputs JSON --output FOLDER

    def __init__(self, study: AStudy, parent: "Plan[AStudy] | None" = None) -> None:
        self.study, self.parent = study, parent
        self._made: dict[tuple[str, str, int | None], Artifact] = {}

    @property
    def ancestors(self) -> "list[Plan[AStudy]]":
        """This plan and those it inherits from, nearest first."""
        return [self, *(self.parent.ancestors if self.parent else [])]

    def phase_of(self, kind: str) -> str:
        """The phase in whose folder an artifact lies."""
        return kind

    def folder(self, kind: str, key: str, run: str | int | None) -> str:
        """Where an artifact of this study lies: students under results, everything before them under data."""
        phase = self.phase_of(kind)
        top = "results" if phase == "students" else "data"
        place = f"{top}/{self.study.name}/{phase}/{key}"
        return place if run is None else f"{place}/run{run}"

    def find(self, kind: str, key: str, run: int | None = None) -> Artifact | None:
        """The artifact of that kind, key and run, if the study has one."""
        return self._made.get((kind, key, run))

    def artifact(
        self, kind: str, key: str, run: int | None, recipe: dict[str, Any], names: Iterable[str],
        inputs: dict[str, Artifact], drawn: bool = True, place: str = "", modules: Iterable[str] = (),
    ) -> Artifact:  # fmt: skip
        """The artifact, planned once: the parent's where it is the same, else this study's own."""
        if (kind, key, run) not in self._made:
            seed = self.study.seed if drawn else None
            place = place or self.folder(kind, key, run)
            own = Artifact(kind, key, run, recipe, seed, inputs, tuple(names), self.study.name, place, tuple(modules))
            inherited = self.parent.find(kind, key, run) if self.parent else None
            same = inherited is not None and inherited.fingerprint == own.fingerprint
            self._made[kind, key, run] = inherited if inherited and same else own
        return self._made[kind, key, run]

    @property
    def everything(self) -> list[Artifact]:
        """All artifacts that the study uses, its ancestors' among them."""
        return list(self._made.values())

    def own(self, kind: str) -> list[Artifact]:
        """The artifacts of a kind that this study makes itself."""
        return [artifact for artifact in self.artifacts(kind) if artifact.study == self.study.name]

    def artifacts(self, kind: str) -> list[Artifact]:
        """All artifacts of a kind that the study uses, its ancestors' among them."""
        return [artifact for artifact in self.everything if artifact.kind == kind]

    def evaluation_files(self, kind: str = "evaluations") -> list[str]:
        """Every table of an evaluation that the findings read, those of the nearest study first."""
        near = [plan.study.name for plan in self.ancestors]
        owners = {artifact.files[0]: near.index(artifact.study) for artifact in self.artifacts(kind)}
        return sorted(owners, key=lambda file: (owners[file], file))

    def modules(self) -> list[str]:
        """What tables and figures use beyond what their steps import by name, such as the modules of trait kinds."""
        return []

    @property
    def findings(self) -> str:
        """The folder of the study's tables."""
        return f"results/{self.study.name}/findings"

    @abstractmethod
    def tables(self) -> list[str]:
        """The names of the files that the findings' step writes into ``findings``."""

    @abstractmethod
    def for_findings(self) -> dict[str, Any]:
        """What the tables of the study say of it beyond its name and claims, in values that JSON can hold."""

    @abstractmethod
    def findings_inputs(self) -> dict[str, str | list[str]]:
        """The files that the tables are made from, by name."""

    @abstractmethod
    def figures(self) -> list[Figure]:
        """The figures that suit the study."""

    @abstractmethod
    def figure_inputs(self, figure: Figure) -> dict[str, str | list[str]]:
        """The files that a figure is drawn from, by the names that it reads."""

    @abstractmethod
    def caption(self) -> dict[str, Any]:
        """What the captions of the study's figures say of it."""

    @property
    @abstractmethod
    def figure_registry(self) -> Registry[Any]:
        """Where the figures of this kind of study are found."""
