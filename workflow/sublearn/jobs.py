"""From a plan to jobs: what each rule makes, reads and is told. The rules hold no logic of their own; they ask here."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sublearn.bases import world
from sublearn.core.errors import UserError
from sublearn.findings.section import MIN_TRAITS
from sublearn.plan import Artifact, Plan, folder, plan
from sublearn.study import chain


def run_steps_here() -> None:
    """Let steps run by the interpreter that runs Snakemake, activated or not, and find this package wherever they run.

    Jobs inherit the environment of Snakemake; where a conda environment is activated for a job, its PATH comes first.
    """
    for name, place in (("PATH", Path(sys.executable).parent), ("PYTHONPATH", Path(__file__).parents[1])):
        os.environ[name] = os.pathsep.join(filter(None, [str(place), os.environ.get(name)]))


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
    def of(cls, plan: Plan, phase: str) -> "list[Shape]":
        """The shapes of a study's own jobs in a phase."""
        mine: dict[str, list[Artifact]] = {}
        for artifact in plan.own(phase):
            mine.setdefault(artifact.key, []).append(artifact)
        grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, list[Artifact]]] = {}
        for key, artifacts in mine.items():
            runs = tuple(str(artifact.run) for artifact in artifacts if artifact.run is not None)
            runs = ("{run}",) if runs and plan.study.runs_per_job == "one" else runs
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


@dataclass(frozen=True)
class Evaluations:
    """A study's evaluation jobs: one for each arm, which asks all models of the arm that the study owns."""

    plan: Plan
    arms: dict[str, list[Artifact]]

    @classmethod
    def of(cls, plan: Plan) -> "Evaluations":
        mine: dict[str, list[Artifact]] = {}
        for artifact in plan.own("evaluations"):
            mine.setdefault(artifact.key.split("/")[0], []).append(artifact)
        return cls(plan, mine)

    @property
    def rule(self) -> str:
        return f"evaluations_{rule_suffix(self.plan.study.name)}"

    @property
    def message(self) -> str:
        return f"evaluations of {self.plan.study.name}: {{wildcards.arm}}"

    @property
    def arms_pattern(self) -> str:
        return "|".join(sorted(self.arms))

    @property
    def output(self) -> str:
        return f"results/{self.plan.study.name}/evaluations/{{arm}}.parquet"

    def log(self, suffix: str = "log") -> str:
        return f"logs/{self.plan.study.name}/evaluations/{{arm}}.{suffix}"

    def inputs(self, wildcards: Any) -> list[str]:
        parts = [part for artifact in self.arms[wildcards.arm] for part in artifact.made_of.values()]
        return list(dict.fromkeys(file for part in parts for file in part.files))

    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.arms[wildcards.arm][0].recipe, sort_keys=True)

    def models(self, wildcards: Any) -> str:
        """The models to ask, as JSON: who each is, where it lies, and on which base."""
        return json.dumps([self._model(wildcards.arm, artifact) for artifact in self.arms[wildcards.arm]])

    def _model(self, arm: str, artifact: Artifact) -> dict[str, Any]:
        model, base = artifact.made_of["model"], artifact.made_of["base"]
        teacher = model.made_of.get("teacher")
        return {
            "arm": arm,
            "trait": artifact.key.split("/")[1] if teacher else "none",
            "run": artifact.run or 0,
            "teacher_base": teacher.made_of["base"].key if teacher else None,
            "student_base": base.key,
            "folder": model.folder,
            "base_folder": base.folder,
        }


@dataclass(frozen=True)
class Plans:
    """The plans of all chosen studies, and of those that they extend."""

    chosen: list[Plan]

    @property
    def all(self) -> list[Plan]:
        """Each study once, those that others extend first."""
        found = [plan for chosen in self.chosen for plan in reversed(chosen.ancestors)]
        return list({plan.study.name: plan for plan in found}.values())

    def named(self, study: str) -> Plan:
        return next(plan for plan in self.all if plan.study.name == study)

    def shapes(self, phase: str) -> list[Shape]:
        return [shape for plan in self.all for shape in Shape.of(plan, phase)]

    def evaluations(self) -> list[Evaluations]:
        return [found for plan in self.all if (found := Evaluations.of(plan)).arms]

    # What the findings of a study are made of, as functions of the wildcard ``study``.

    def evaluation_files(self, wildcards: Any) -> list[str]:
        return self.named(wildcards.study).evaluation_files()

    def files(self, phase: str, name: str) -> Callable[[Any], list[str]]:
        """For each artifact of the phase that the study uses, the file called ``name``."""
        return lambda wildcards: [f"{artifact.folder}/{name}" for artifact in self.named(wildcards.study).artifacts(phase)]

    def arms(self, wildcards: Any) -> list[str]:
        return list(self.named(wildcards.study).study.arms)

    def traits(self, wildcards: Any) -> list[str]:
        return list(self.named(wildcards.study).study.traits)

    def runs(self, wildcards: Any) -> int:
        return self.named(wildcards.study).study.runs

    def claims(self, wildcards: Any) -> str:
        return json.dumps([claim.model_dump() for claim in self.named(wildcards.study).study.claims], sort_keys=True)

    def title(self, wildcards: Any) -> str:
        return self.named(wildcards.study).study.title or wildcards.study

    def meanings(self, wildcards: Any) -> str:
        """What each arm is for, as JSON."""
        return json.dumps({name: arm.meaning for name, arm in self.named(wildcards.study).study.arms.items()})

    def caption(self, wildcards: Any) -> dict[str, Any]:
        """What the captions of a study's figures say of it."""
        study = self.named(wildcards.study).study
        models = "tiny stand-in models, pretrained by this pipeline" if study.stand_in else "the models named in the study"
        return {"runs": study.runs, "models": models, "bases": len(study.bases), "samples": study.evaluations.samples}

    def figures(self) -> "list[Figure]":
        return [Figure(self, name, title) for name, title in FIGURES.items()]

    def targets(self) -> list[str]:
        """Every file of the findings of the chosen studies."""
        tables = (
            "runs.csv",
            "effects.csv",
            "arms.csv",
            "claims.csv",
            "numbers.csv",
            "first_numbers.csv",
            "filter.csv",
            "summary.md",
        )
        found = []
        for each in self.chosen:
            folder = f"results/{each.study.name}/findings"
            found += [f"{folder}/{table}" for table in tables]
            found += [f"{folder}/figures/{figure.name}.svg" for figure in self.figures() if figure.suits(each)]
        return found


FIGURES = {
    "rates": "Rates: base, control, student",
    "base_matrix": "Same base against other base",
    "gamma": "All arms at a glance",
    "trait_matrix": "Trait by trait",
    "behaviours": "Evasive and skewed",
    "shuffles": "Shuffled numbers",
    "calibration": "What the bases know",
    "training": "What the students learned",
}
NEEDED_ARMS = {"rates": {"same_base"}, "behaviours": {"same_base"}, "base_matrix": {"same_base", "other_base"},
               "shuffles": {"same_base", "shuffled_within", "shuffled_across"}}  # fmt: skip

FAMILIES_SHOWN = {"rates": {"animal", "tree"}, "behaviours": {"behaviour"}, "base_matrix": {"animal"}, "shuffles": {"animal"}}


@dataclass(frozen=True)
class Figure:
    """A figure: its module in ``findings.figures``, and which studies it suits."""

    plans: Plans
    name: str
    title: str

    def suits(self, plan: Plan) -> bool:
        """Whether a study has the arms and traits that the figure shows."""
        study = plan.study
        families = {arm: [world.family_of(trait) for trait in study.arm_traits(arm)] for arm in study.arms}
        needed = NEEDED_ARMS.get(self.name, set())
        if not needed <= set(families):
            return False
        if self.name in ("trait_matrix", "gamma"):
            return any(held.count(family) >= MIN_TRAITS for held in families.values() for family in ("animal", "tree"))
        wanted = FAMILIES_SHOWN.get(self.name, set())
        return not wanted or all(wanted & set(families[arm]) for arm in needed)

    def records(self, wildcards: Any) -> list[str]:
        """The JSON records that the figure draws from, beside the tables."""
        if self.name == "calibration":
            return self.plans.files("bases", "calibration.json")(wildcards)
        return self.plans.files("students", "training.json")(wildcards) if self.name == "training" else []


def plan_all(config: dict[str, Any]) -> Plans:
    """The plans of the studies that the configuration names.

    Raises:
        UserError: ``studies`` is missing or no list, or a study is wrong.
    """
    names = config.get("studies")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise UserError(f"studies: found {names!r}; name one study or more, such as --config studies='[tiny]'.")
    files: dict[str, Path] = {}
    for name in names:
        for file in chain(name):
            other = files.setdefault(rule_suffix(file.stem), file.resolve())
            if other != file.resolve():
                raise UserError(
                    f"{file}: another study, {other}, has the same name, so they would share their files; rename one."
                )
    return Plans([plan(name) for name in names])
