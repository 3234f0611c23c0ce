"""Turn plans into jobs for every study kind: each rule's outputs, inputs and parameters. Rules themselves hold no logic."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from sublearn.core.code_identity import code_of
from sublearn.core.figures import Figure
from sublearn.core.hashes import sha256_once
from sublearn.core.registry import extension_folders
from sublearn.planning.artifacts import Artifact, Plan, with_signature

# Cap on runs per job. More are split into several jobs, which run in parallel and keep output lists short.
MOST_RUNS = 16


def rule_suffix(study: str) -> str:
    """The study's name in a form that a rule's name may contain."""
    return study.replace("-", "_").replace(".", "_")


@dataclass(frozen=True)
class StepJob(ABC):
    """The jobs of one rule, each of which makes some artifacts of one study and kind with the same recipe."""

    plan: Plan[Any]
    kind: str

    @property
    def study(self) -> str:
        return self.plan.study.name

    # The rest are functions of a job's wildcards.

    @abstractmethod
    def artifacts(self, wildcards: Any) -> list[Artifact]:
        """The artifacts that the job makes."""

    def code(self, *steps: str) -> Callable[[Any], str]:
        """The hash of the code that the job runs: its step and the modules that its artifacts name."""
        return with_signature(lambda wildcards: code_of(*steps, *self.artifacts(wildcards)[0].modules))

    def _files(self, wildcards: Any) -> list[str]:
        """Every file that the job reads, without duplicates."""
        parts = [part for artifact in self.artifacts(wildcards) for part in artifact.inputs.values()]
        return list(dict.fromkeys(file for part in parts for file in part.content_files))

    @with_signature
    def inputs(self, wildcards: Any) -> list[str]:
        """The files that the job reads, but for those in whose paths Snakemake would see wildcards."""
        return [file for file in self._files(wildcards) if "{" not in file]

    @with_signature
    def unseen(self, wildcards: Any) -> list[str]:
        """The hashes of the files that ``inputs`` leaves out, so that Snakemake notices a change of one."""
        return [sha256_once(file) for file in self._files(wildcards) if "{" in file and Path(file).is_file()]

    @with_signature
    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.artifacts(wildcards)[0].recipe, sort_keys=True)


@dataclass(frozen=True)
class Job(StepJob):
    """The jobs of one rule: a group of artifacts of one study and kind with the same runs and file names.

    A Snakemake rule has a fixed number of outputs, so each group needs its own rule; most studies have one or two per kind.
    """

    runs: tuple[str, ...]  # the runs of a job; ("{run}",) if each job works on one run; empty without runs
    names: tuple[str, ...]
    keys: dict[str, list[Artifact]]
    part: int  # which part, where the runs are split into several
    index: int

    @classmethod
    def of(cls, plan: Plan[Any], kind: str) -> "list[Self]":
        """The jobs that make a study's own artifacts of a kind."""
        own: dict[str, list[Artifact]] = {}
        for artifact in plan.own(kind):
            own.setdefault(artifact.key, []).append(artifact)
        grouped: dict[tuple[tuple[str, ...], tuple[str, ...], int], dict[str, list[Artifact]]] = {}
        for key, artifacts in own.items():
            run_per_job = plan.run_per_job and artifacts[0].run is not None
            size = len(artifacts) if run_per_job else MOST_RUNS
            for part in range(0, len(artifacts), size):
                some = artifacts[part : part + size]
                runs = ("{run}",) if run_per_job else tuple(str(each.run) for each in some if each.run is not None)
                grouped.setdefault((runs, some[0].names, part // size), {})[key] = some
        groups = enumerate(grouped.items())
        return [cls(plan, kind, runs, names, keys, part, i) for i, ((runs, names, part), keys) in groups]

    @property
    def run_per_job(self) -> bool:
        """Whether each job works on one run."""
        return self.runs == ("{run}",)

    @property
    def artifacts_by_job(self) -> list[list[Artifact]]:
        """The artifacts that each job makes."""
        if self.run_per_job:
            return [[artifact] for artifacts in self.keys.values() for artifact in artifacts]
        return list(self.keys.values())

    @property
    def rule(self) -> str:
        """The rule's name: kind and study, and from the second group on a number."""
        return f"{self.kind}_{rule_suffix(self.study)}" + (f"__{self.index + 1}" if self.index else "")

    @property
    def message(self) -> str:
        """The message that Snakemake prints when a job starts."""
        which = " run {wildcards.run}" if self.run_per_job else f" from run {self.runs[0]}" if self.part else ""
        return f"{self.kind} of {self.study}: {{wildcards.key}}{which}"

    @property
    def keys_pattern(self) -> str:
        """A regular expression that matches the keys of these jobs."""
        return "|".join(sorted(self.keys))

    @property
    def outputs(self) -> list[str]:
        """Output patterns, with a wildcard for the key, and one for the run if a job works on one run."""
        folders = [self.plan.folder(self.kind, "{key}", run) for run in self.runs or (None,)]
        return [f"{folder}/{name}" for folder in folders for name in self.names]

    @property
    def log(self) -> str:
        return self._log("log")

    @property
    def benchmark(self) -> str:
        return self._log("benchmark.tsv")

    def _log(self, suffix: str) -> str:
        run = f"-run{self.runs[0]}" if self.run_per_job or self.part else ""
        phase = self.plan.phase_of(self.kind)
        folder = phase if phase == self.kind else f"{phase}/{self.kind}"
        return f"logs/{self.study}/{folder}/{{key}}{run}.{suffix}"

    @property
    def seed(self) -> int | None:
        """The study's seed; None if nothing is drawn. All jobs share it, so it is not a function of wildcards."""
        return next(iter(self.keys.values()))[0].seed

    # The rest are functions of a job's wildcards.

    @cached_property
    def _of_one_run(self) -> dict[tuple[str, str], list[Artifact]]:
        """The artifact of each key and run, if a job works on one run."""
        return {(key, str(artifact.run)): [artifact] for key, artifacts in self.keys.items() for artifact in artifacts}

    def artifacts(self, wildcards: Any) -> list[Artifact]:
        """The artifacts that the job makes, one per run."""
        return self._of_one_run[wildcards.key, wildcards.run] if self.run_per_job else self.keys[wildcards.key]

    @with_signature
    def run_numbers(self, wildcards: Any) -> list[int]:
        """The runs that the job works on."""
        return [artifact.run for artifact in self.artifacts(wildcards) if artifact.run is not None]

    @with_signature
    def folders(self, wildcards: Any) -> list[str]:
        """The output folder of each run."""
        return [artifact.folder for artifact in self.artifacts(wildcards)]

    def files(self, name: str) -> Callable[[Any], list[str]]:
        """The output file ``name`` of each run."""
        return with_signature(lambda wildcards: [f"{artifact.folder}/{name}" for artifact in self.artifacts(wildcards)])

    def input_folders(self, part: str) -> Callable[[Any], list[str]]:
        """The folder of the input ``part`` of each run that has such an input."""
        return with_signature(
            lambda wildcards: [
                artifact.inputs[part].folder for artifact in self.artifacts(wildcards) if part in artifact.inputs
            ]
        )

    def input_files(self, part: str) -> Callable[[Any], list[str]]:
        """The first file of the input ``part`` of each run."""
        return with_signature(lambda wildcards: [artifact.inputs[part].files[0] for artifact in self.artifacts(wildcards)])

    def option(self, part: str) -> Callable[[Any], str]:
        """The input ``part``, one file for all runs, as a command-line option; empty if there is none."""

        def written(wildcards: Any) -> str:
            artifact = self.artifacts(wildcards)[0].inputs.get(part)
            return f"--{part} {artifact.files[0]}" if artifact else ""

        return with_signature(written)

    def folder_option(self, part: str) -> Callable[[Any], str]:
        """The folder of the input ``part``, one for all runs, as a command-line option; empty if there is none."""

        def written(wildcards: Any) -> str:
            artifact = self.artifacts(wildcards)[0].inputs.get(part)
            return f"--{part} {artifact.folder}" if artifact else ""

        return with_signature(written)


@dataclass(frozen=True)
class FindingsJob:
    """The jobs that make one study's findings: one for its tables, one for its figures."""

    plan: Plan[Any]
    report: str  # the folder of this study kind's captions

    @property
    def study(self) -> str:
        return self.plan.study.name

    def rule(self, what: str) -> str:
        return f"{what}_{rule_suffix(self.study)}"

    def log(self, what: str) -> str:
        return f"logs/{self.study}/findings/{what}.log"

    def benchmark(self, what: str) -> str:
        return f"logs/{self.study}/findings/{what}.benchmark.tsv"

    @property
    def tables(self) -> list[str]:
        return [f"{self.plan.findings}/{name}" for name in self.plan.tables()]

    @with_signature
    def study_values(self, wildcards: Any) -> str:
        """What the tables need to know about their study, as JSON; ``resolved`` is the whole study with every default.

        A function of the job's wildcards, of which it has none: in a text, Snakemake would take a word in braces for one.
        """
        study = self.plan.study
        values = {
            "name": self.study,
            "title": study.title or self.study,
            "claims": [claim.model_dump() for claim in study.claims],
        }
        return json.dumps(
            values | self.plan.for_findings() | {"resolved": study.model_dump(mode="json", exclude={"name"}, exclude_none=True)}
        )

    @property
    def tables_step(self) -> str:
        """The module that makes the tables."""
        return self.plan.findings_step

    def tables_code(self) -> str:
        return code_of(self.tables_step, *self.plan.table_modules())

    @property
    def table_inputs(self) -> str:
        """The files that the tables are made from, by name, as JSON."""
        return json.dumps(self.plan.findings_inputs(), sort_keys=True)

    @property
    def table_files(self) -> list[str]:
        """Every file that the tables are made from, without duplicates."""
        return _once(self.plan.findings_inputs().values())

    @property
    def figures(self) -> list[Figure]:
        return self.plan.figures()

    @property
    def figure_names(self) -> list[str]:
        return [figure.name for figure in self.figures]

    @property
    def figure_inputs(self) -> list[str]:
        """The files that each figure is drawn from, as JSON."""
        return [json.dumps(self.plan.figure_inputs(figure), sort_keys=True) for figure in self.figures]

    @property
    def figure_files(self) -> list[str]:
        """Every file that any figure is drawn from, without duplicates."""
        return _once(part for figure in self.figures for part in self.plan.figure_inputs(figure).values())

    @property
    def figure_package(self) -> str:
        return self.plan.figure_registry.package

    def figure_code(self) -> str:
        registry = self.plan.figure_registry
        return code_of("sublearn.core.draw", *(registry.module(figure.name) for figure in self.figures), *self.plan.modules())

    def svg(self, figure: Figure) -> str:
        return f"{self.plan.findings}/figures/{figure.name}.svg"

    @property
    def svgs(self) -> list[str]:
        return [self.svg(figure) for figure in self.figures]

    @property
    def beside(self) -> list[str]:
        """The PNG and CSV files of all figures, which lie beside their SVG."""
        return [svg.replace(".svg", suffix) for svg in self.svgs for suffix in (".png", ".csv")]

    def caption(self, figure: Figure) -> str:
        """The file of a figure's caption: ours, or one in the user's folders."""
        places = [self.report, *(str(folder / "report" / Path(self.report).name) for folder in extension_folders())]
        files = [f"{place}/{figure.name}.rst" for place in places]
        return next((file for file in files if Path(file).is_file()), files[0])

    @property
    def targets(self) -> list[str]:
        """Every table and every figure of the study, without the provenance page."""
        return [*self.tables, *self.svgs]


def _once(parts: Iterable[str | list[str]]) -> list[str]:
    return list(dict.fromkeys(file for part in parts for file in ([part] if isinstance(part, str) else part)))


APlan = TypeVar("APlan", bound=Plan[Any])


class Jobs(Generic[APlan]):
    """The jobs of all chosen studies of one kind and of the studies that they extend, for the rules of that kind.

    Args:
        chosen: the plans of the chosen studies.
        report: the folder of this study kind's captions.
    """

    def __init__(self, chosen: list[APlan], report: str) -> None:
        self.chosen, self.report = chosen, report

    @cached_property
    def all(self) -> list[APlan]:
        """The plan of each study once; a study comes after those it extends."""
        plans = [plan for chosen in self.chosen for plan in reversed(chosen.ancestors)]
        return list({plan.study.name: plan for plan in plans}.values())

    @property
    def studies_pattern(self) -> str:
        """A regular expression that matches the names of these studies; without studies it matches nothing."""
        return "|".join(re.escape(plan.study.name) for plan in self.all) or "(?!)"

    def named(self, study: str) -> APlan:
        return next(plan for plan in self.all if plan.study.name == study)

    def of(self, kind: str) -> list[Job]:
        """The jobs that make the artifacts of a kind."""
        return [job for plan in self.all for job in Job.of(plan, kind)]

    def findings(self) -> list[FindingsJob]:
        """The jobs that make findings, one ``FindingsJob`` per study."""
        return [FindingsJob(plan, self.report) for plan in self.all]
