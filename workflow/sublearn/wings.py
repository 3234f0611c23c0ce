"""From plans to jobs, for every wing: the shapes of jobs, and what the rules ask of a wing. The rules hold no logic."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from sublearn.artifacts import Artifact, Plan, folder, signed

# A job that works on all runs has so many at most: more are shared out among jobs, which can run at a time, and whose rules
# have few enough outputs for Snakemake to find the right one soon.
MOST_RUNS = 16


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
    part: int  # which of the parts into which many runs are cut
    index: int

    @classmethod
    def of(cls, plan: Plan[Any], phase: str) -> "list[Shape]":
        """The shapes of a study's own jobs in a phase."""
        mine: dict[str, list[Artifact]] = {}
        for artifact in plan.own(phase):
            mine.setdefault(artifact.key, []).append(artifact)
        grouped: dict[tuple[tuple[str, ...], tuple[str, ...], int], dict[str, list[Artifact]]] = {}
        for key, artifacts in mine.items():
            one_by_one = plan.one_by_one and artifacts[0].run is not None
            size = len(artifacts) if one_by_one else MOST_RUNS
            for part in range(0, len(artifacts), size):
                some = artifacts[part : part + size]
                runs = ("{run}",) if one_by_one else tuple(str(each.run) for each in some if each.run is not None)
                grouped.setdefault((runs, some[0].names, part // size), {})[key] = some
        shapes = enumerate(grouped.items())
        return [cls(plan.study.name, phase, runs, names, keys, part, i) for i, ((runs, names, part), keys) in shapes]

    @property
    def one_by_one(self) -> bool:
        """Whether each job works on one run."""
        return self.runs == ("{run}",)

    @property
    def jobs(self) -> list[list[Artifact]]:
        """For each job the artifacts that it makes."""
        if self.one_by_one:
            return [[artifact] for artifacts in self.keys.values() for artifact in artifacts]
        return list(self.keys.values())

    @property
    def rule(self) -> str:
        """The rule's name: phase and study, with a number from the second shape on."""
        return f"{self.phase}_{rule_suffix(self.study)}" + (f"__shape{self.index + 1}" if self.index else "")

    @property
    def message(self) -> str:
        """What Snakemake says when a job starts."""
        which = " run {wildcards.run}" if self.one_by_one else f" from run {self.runs[0]}" if self.part else ""
        return f"{self.phase} of {self.study}: {{wildcards.key}}{which}"

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
        run = f"-run{self.runs[0]}" if self.one_by_one or self.part else ""
        return f"logs/{self.study}/{self.phase}/{{key}}{run}.{suffix}"

    @cached_property
    def _of_one_run(self) -> dict[tuple[str, str], list[Artifact]]:
        """The artifact of each key and run, where a job works on one."""
        return {(key, str(artifact.run)): [artifact] for key, artifacts in self.keys.items() for artifact in artifacts}

    def artifacts(self, wildcards: Any) -> list[Artifact]:
        return self._of_one_run[wildcards.key, wildcards.run] if self.one_by_one else self.keys[wildcards.key]

    @signed
    def inputs(self, wildcards: Any) -> list[str]:
        """Every file that the job reads, once."""
        parts = [part for artifact in self.artifacts(wildcards) for part in artifact.made_of.values()]
        return list(dict.fromkeys(file for part in parts for file in part.telling))

    @signed
    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.artifacts(wildcards)[0].recipe, sort_keys=True)

    @property
    def seed(self) -> int | None:
        """The study's seed, None where nothing is drawn: the same for all jobs, so no function of wildcards."""
        return next(iter(self.keys.values()))[0].seed

    @signed
    def numbers(self, wildcards: Any) -> list[int]:
        """The runs that the job works on."""
        return [artifact.run for artifact in self.artifacts(wildcards) if artifact.run is not None]

    @signed
    def folders(self, wildcards: Any) -> list[str]:
        return [artifact.folder for artifact in self.artifacts(wildcards)]

    def files(self, name: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: for each run the output called ``name``."""
        return signed(lambda wildcards: [f"{artifact.folder}/{name}" for artifact in self.artifacts(wildcards)])

    def folders_of(self, part: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: for each run the folder of its input ``part``, nothing where there is none."""
        return signed(
            lambda wildcards: [
                artifact.made_of[part].folder for artifact in self.artifacts(wildcards) if part in artifact.made_of
            ]
        )

    def option(self, part: str) -> Callable[[Any], str]:
        """A function of wildcards: the input ``part``, one file for all runs, as an option; nothing where there is none."""

        def written(wildcards: Any) -> str:
            found = self.artifacts(wildcards)[0].made_of.get(part)
            return f"--{part} {found.files[0]}" if found else ""

        return signed(written)

    def files_of(self, part: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: for each run the first file of its input ``part``."""
        return signed(lambda wildcards: [artifact.made_of[part].files[0] for artifact in self.artifacts(wildcards)])


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
