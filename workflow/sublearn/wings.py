"""From plans to jobs, for every wing: the shapes of jobs, and what the rules ask of a wing. The rules hold no logic."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sublearn.artifacts import Artifact, Plan, folder


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
        mine: dict[str, list[Artifact]] = {}
        for artifact in plan.own(phase):
            mine.setdefault(artifact.key, []).append(artifact)
        grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, list[Artifact]]] = {}
        for key, artifacts in mine.items():
            runs = tuple(str(artifact.run) for artifact in artifacts if artifact.run is not None)
            runs = ("{run}",) if runs and plan.one_by_one else runs
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
        return list(dict.fromkeys(file for part in parts for file in part.telling))

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
        """A function of wildcards: for each run the folder of its input ``part``, nothing where there is none."""
        return lambda wildcards: [
            artifact.made_of[part].folder for artifact in self.artifacts(wildcards) if part in artifact.made_of
        ]

    def option(self, part: str) -> Callable[[Any], str]:
        """A function of wildcards: the input ``part``, one file for all runs, as an option; nothing where there is none."""

        def written(wildcards: Any) -> str:
            found = self.artifacts(wildcards)[0].made_of.get(part)
            return f"--{part} {found.files[0]}" if found else ""

        return written

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
