"""Which artifact is made of which, by which recipe, and whose folder it lies in: what the plans of all wings share.

An artifact has a fingerprint: its recipe and the fingerprints of all that it is made of. Where a study's parent has the same
artifact with the same fingerprint, the parent's file is used, so a larger study never makes again what a smaller one made.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from sublearn.core.study import Study

AStudy = TypeVar("AStudy", bound=Study)

# Carriers are made in several steps; their artifacts lie in one folder.
PLACES = dict.fromkeys(("prompts", "raw", "kept", "shuffled_within", "shuffled_across"), "carriers")


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


def folder(study: str, phase: str, key: str, run: str | int | None) -> str:
    """Where an artifact lies: bases, teachers and carriers under data, students under results."""
    top = "results" if phase == "students" else "data"
    place = f"{top}/{study}/{PLACES.get(phase, phase)}/{key}"
    return place if run is None else f"{place}/run{run}"


class Plan(Generic[AStudy]):
    """All artifacts of a study, with those that its ancestors own; a wing's plan adds what there is to make."""

    wing = ""

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

    def own(self, phase: str) -> list[Artifact]:
        """The artifacts of a phase that this study makes itself."""
        return [artifact for artifact in self.artifacts(phase) if artifact.study == self.study.name]

    def artifacts(self, phase: str) -> list[Artifact]:
        """All artifacts of a phase that the study uses, its ancestors' among them."""
        return [artifact for artifact in self._made.values() if artifact.phase == phase]

    def evaluation_files(self) -> list[str]:
        """Every table of evaluations that the findings read, those of the nearest study first."""
        files = [artifact.files[0] for artifact in self.artifacts("evaluations")]
        near = [plan.study.name for plan in self.ancestors]
        return sorted(dict.fromkeys(files), key=lambda file: (near.index(file.split("/")[1]), file))


def rule_suffix(study: str) -> str:
    """The study's name as a part of a rule's name."""
    return study.replace("-", "_").replace(".", "_")


@dataclass(frozen=True)
class Shape:
    """Jobs alike: artifacts of one study and phase that are made for the same runs and have the same file names.

    A Snakemake rule has a fixed number of outputs, so there is one rule for each shape; most studies have one or two.
    """

    study: str
    phase: str
    runs: tuple[str, ...]  # the runs of a job; ("{run}",) where each job works on one; empty where there are no runs
    names: tuple[str, ...]
    keys: dict[str, list[Artifact]]
    index: int

    @classmethod
    def of(cls, plan: Plan[Any], phase: str) -> "list[Shape]":
        """The shapes of a study's own jobs in a phase."""
        one_by_one = getattr(plan.study, "runs_per_job", "all") == "one"
        mine: dict[str, list[Artifact]] = {}
        for artifact in plan.own(phase):
            mine.setdefault(artifact.key, []).append(artifact)
        grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, list[Artifact]]] = {}
        for key, artifacts in mine.items():
            runs = tuple(str(artifact.run) for artifact in artifacts if artifact.run is not None)
            runs = ("{run}",) if runs and one_by_one else runs
            grouped.setdefault((runs, artifacts[0].names), {})[key] = artifacts
        return [cls(plan.study.name, phase, *form, keys, i) for i, (form, keys) in enumerate(grouped.items())]

    @property
    def rule(self) -> str:
        """The rule's name: phase and study, with a number from the second shape on."""
        return f"{self.phase}_{rule_suffix(self.study)}" + (f"__shape{self.index + 1}" if self.index else "")

    @property
    def message(self) -> str:
        """What Snakemake says when a job starts."""
        return f"{self.phase} of {self.study}: {{wildcards.key}}" + (" run {wildcards.run}" if self.runs == ("{run}",) else "")

    @property
    def keys_pattern(self) -> str:
        """A regular expression for the keys of these jobs."""
        return "|".join(sorted(self.keys))

    @property
    def outputs(self) -> list[str]:
        """Output patterns, with a wildcard for the key, and one for the run where a job works on one."""
        folders = [folder(self.study, self.phase, "{key}", run) for run in self.runs or (None,)]
        return [f"{place}/{name}" for place in folders for name in self.names]

    def trait(self, wildcards: Any) -> str:
        return wildcards.key.split("/")[-1]

    def log(self, suffix: str = "log") -> str:
        run = "-run{run}" if self.runs == ("{run}",) else ""
        return f"logs/{self.study}/{self.phase}/{{key}}{run}.{suffix}"

    def artifacts(self, wildcards: Any) -> list[Artifact]:
        found = self.keys[wildcards.key]
        return [a for a in found if a.run == int(wildcards.run)] if self.runs == ("{run}",) else found

    def inputs(self, wildcards: Any) -> list[str]:
        """Every file that the job reads, once."""
        parts = [part for artifact in self.artifacts(wildcards) for part in artifact.made_of.values()]
        return list(dict.fromkeys(file for part in parts for file in part.files))

    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.artifacts(wildcards)[0].recipe, sort_keys=True)

    def seed(self, wildcards: Any) -> int | None:
        return self.artifacts(wildcards)[0].seed

    def numbers(self, wildcards: Any) -> list[int]:
        """The runs that the job works on."""
        return [artifact.run for artifact in self.artifacts(wildcards) if artifact.run is not None]

    def folders(self, wildcards: Any) -> list[str]:
        return [artifact.folder for artifact in self.artifacts(wildcards)]

    def files(self, name: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: for each run the output called ``name``."""
        return lambda wildcards: [f"{artifact.folder}/{name}" for artifact in self.artifacts(wildcards)]

    def folders_of(self, part: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: for each run the folder of its input ``part``."""
        return lambda wildcards: [artifact.made_of[part].folder for artifact in self.artifacts(wildcards)]

    def files_of(self, part: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: for each run the first file of its input ``part``."""
        return lambda wildcards: [artifact.made_of[part].files[0] for artifact in self.artifacts(wildcards)]


APlan = TypeVar("APlan", bound=Plan[Any])


class Wing(Generic[APlan]):
    """The plans of the chosen studies of one wing, and of those that they extend: what the wing's rules ask."""

    def __init__(self, chosen: list[APlan]) -> None:
        self.chosen = chosen

    @property
    def all(self) -> list[APlan]:
        """Each study once, those that others extend first."""
        found = [plan for chosen in self.chosen for plan in reversed(chosen.ancestors)]
        return list({plan.study.name: plan for plan in found}.values())

    @property
    def studies_pattern(self) -> str:
        """A regular expression for the names of the wing's studies, which matches nothing where there are none."""
        return "|".join(re.escape(plan.study.name) for plan in self.all) or "(?!)"

    def named(self, study: str) -> APlan:
        return next(plan for plan in self.all if plan.study.name == study)

    def shapes(self, phase: str) -> list[Shape]:
        return [shape for plan in self.all for shape in Shape.of(plan, phase)]

    # What the findings of a study are made of, as functions of the wildcard ``study``.

    def evaluation_files(self, wildcards: Any) -> list[str]:
        return self.named(wildcards.study).evaluation_files()

    def files(self, phase: str, name: str) -> Callable[[Any], list[str]]:
        """For each artifact of the phase that the study uses, the file called ``name``."""
        return lambda wildcards: [f"{artifact.folder}/{name}" for artifact in self.named(wildcards.study).artifacts(phase)]

    def claims(self, wildcards: Any) -> str:
        return json.dumps([claim.model_dump() for claim in self.named(wildcards.study).study.claims], sort_keys=True)

    def title(self, wildcards: Any) -> str:
        return self.named(wildcards.study).study.title or wildcards.study
