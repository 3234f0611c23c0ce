"""Which artifact is made of which, by which recipe, and whose folder it lies in: what the plans of all wings share.

An artifact has a fingerprint: its recipe and the fingerprints of all that it is made of. Where a study's parent has the same
artifact with the same fingerprint, the parent's file is used, so a larger study never makes again what a smaller one made.
"""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from sublearn.core.phases import PLACES
from sublearn.core.study import Study

AStudy = TypeVar("AStudy", bound=Study)
AFunction = TypeVar("AFunction", bound=Callable[..., Any])

# Files beside a model's weights or a carrier's rows that change only when those do; a base's shape and tokenizer do not follow.
FOLLOWING = {"generation_config.json", "adapter_config.json", "training.json", "calibration.json", "rejected.parquet",
             "filter.json"}  # fmt: skip
FOLLOWING_OTHERS = FOLLOWING | {"config.json"}


def signed(function: AFunction) -> AFunction:
    """Write a function's signature on it: Snakemake asks for it thrice a job, and Python would work it out each time."""
    vars(function)["__signature__"] = inspect.signature(function)
    return function


@dataclass(frozen=True)
class Artifact:
    """Files of one run, or of all, in the folder of the study that owns them.

    Attributes:
        phase: bases, teachers, students, evaluations, or a step of the carriers.
        key: the folder under the phase's, such as ``same_base/owl``.
        run: which run, None for what all runs share.
        recipe: what of the study makes it.
        seed: the study's seed, None where nothing is drawn.
        made_of: its inputs by name.
        names: its file names.
        study: the owner.
        folder: where the files lie.
    """

    phase: str
    key: str
    run: int | None
    recipe: dict[str, Any]
    seed: int | None
    made_of: dict[str, "Artifact"]
    names: tuple[str, ...]
    study: str
    folder: str

    @cached_property
    def fingerprint(self) -> str:
        parts = {name: part.fingerprint for name, part in self.made_of.items()}
        text = json.dumps([self.phase, self.key, self.run, self.recipe, self.seed, self.names, parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def files(self) -> list[str]:
        return [f"{self.folder}/{name}" for name in self.names]

    @property
    def telling(self) -> list[str]:
        """The files by which those that are made of the artifact know it: never does another change while these stay.

        Snakemake looks at every input of every waiting job whenever a job ends, so a large study lives by their number.
        """
        following = FOLLOWING if self.phase == "bases" else FOLLOWING_OTHERS
        return [f"{self.folder}/{name}" for name in self.names if name not in following]


def folder(study: str, phase: str, key: str, run: str | int | None) -> str:
    """Where an artifact lies: bases, teachers and carriers under data, students under results."""
    top = "results" if phase == "students" else "data"
    place = f"{top}/{study}/{PLACES.get(phase, phase)}/{key}"
    return place if run is None else f"{place}/run{run}"


class Plan(Generic[AStudy]):
    """All artifacts of a study, with those that its ancestors own; a wing's plan adds what there is to make."""

    wing = ""
    one_by_one = False  # whether a job works on one run, and not on all

    def __init__(self, study: AStudy, parent: "Plan[AStudy] | None" = None) -> None:
        self.study, self.parent = study, parent
        self._made: dict[tuple[str, str, int | None], Artifact] = {}

    @property
    def ancestors(self) -> "list[Plan[AStudy]]":
        """This plan and those it inherits from, nearest first."""
        return [self, *(self.parent.ancestors if self.parent else [])]

    def find(self, phase: str, key: str, run: int | None = None) -> Artifact | None:
        """The artifact of that phase, key and run, if the study has one."""
        return self._made.get((phase, key, run))

    def artifact(
        self, phase: str, key: str, run: int | None, recipe: dict[str, Any], names: Iterable[str],
        made_of: dict[str, Artifact], drawn: bool = True, place: str = "",
    ) -> Artifact:  # fmt: skip
        """The artifact, planned once: the parent's where it is the same, else this study's own."""
        if (phase, key, run) not in self._made:
            seed = self.study.seed if drawn else None
            place = place or folder(self.study.name, phase, key, run)
            mine = Artifact(phase, key, run, recipe, seed, made_of, tuple(names), self.study.name, place)
            inherited = self.parent.find(phase, key, run) if self.parent else None
            same = inherited is not None and inherited.fingerprint == mine.fingerprint
            self._made[phase, key, run] = inherited if inherited and same else mine
        return self._made[phase, key, run]

    @property
    def everything(self) -> list[Artifact]:
        """All artifacts that the study uses, its ancestors' among them."""
        return list(self._made.values())

    def own(self, phase: str) -> list[Artifact]:
        """The artifacts of a phase that this study makes itself."""
        return [artifact for artifact in self.artifacts(phase) if artifact.study == self.study.name]

    def artifacts(self, phase: str) -> list[Artifact]:
        """All artifacts of a phase that the study uses, its ancestors' among them."""
        return [artifact for artifact in self.everything if artifact.phase == phase]

    def evaluation_files(self, phase: str = "evaluations") -> list[str]:
        """Every table of evaluations (or of another phase) that the findings read, those of the nearest study first."""
        files = [artifact.files[0] for artifact in self.artifacts(phase)]
        near = [plan.study.name for plan in self.ancestors]
        return sorted(dict.fromkeys(files), key=lambda file: (near.index(file.split("/")[1]), file))
