"""From the chain's plans to jobs: what each rule makes, reads and is told. The rules hold no logic; they ask here."""

import json
from dataclasses import dataclass
from typing import Any

from sublearn.artifacts import Artifact
from sublearn.bases import world
from sublearn.findings.section import MIN_TRAITS
from sublearn.plan import ChainPlan, arm_table
from sublearn.study import ChainStudy
from sublearn.wings import Wing, rule_suffix


@dataclass(frozen=True)
class ArmJobs:
    """Jobs that work on a whole arm at once, the models that the study owns: its evaluation, and its coverage."""

    plan: ChainPlan
    phase: str
    arms: dict[str, list[Artifact]]

    @classmethod
    def of(cls, plan: ChainPlan, phase: str) -> "ArmJobs":
        mine: dict[str, list[Artifact]] = {}
        for artifact in plan.own(phase):
            mine.setdefault(artifact.key.split("/")[0], []).append(artifact)
        return cls(plan, phase, mine)

    @property
    def rule(self) -> str:
        return f"{self.phase}_{rule_suffix(self.plan.study.name)}"

    @property
    def study(self) -> str:
        return self.plan.study.name

    @property
    def jobs(self) -> list[list[Artifact]]:
        """For each job the artifacts that it makes."""
        return list(self.arms.values())

    @property
    def message(self) -> str:
        return f"{self.phase} of {self.study}: {{wildcards.arm}}"

    @property
    def arms_pattern(self) -> str:
        return "|".join(sorted(self.arms))

    @property
    def output(self) -> str:
        return arm_table(self.plan.study.name, self.phase, "{arm}")

    def log(self, suffix: str = "log") -> str:
        return f"logs/{self.plan.study.name}/{self.phase}/{{arm}}.{suffix}"

    def inputs(self, wildcards: Any) -> list[str]:
        parts = [part for artifact in self.arms[wildcards.arm] for part in artifact.made_of.values()]
        return list(dict.fromkeys(file for part in parts for file in part.telling))

    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.arms[wildcards.arm][0].recipe, sort_keys=True)

    def models(self, wildcards: Any) -> str:
        """The models to ask, as JSON: who each is, where it lies, and on which base."""
        return json.dumps([_model(self.plan.study, wildcards.arm, artifact) for artifact in self.arms[wildcards.arm]])

    def students(self, wildcards: Any) -> str:
        """The students whose first step is measured, as JSON: who each is, and what it and its control are made of."""
        return json.dumps([_student(wildcards.arm, artifact) for artifact in self.arms[wildcards.arm]])


def _model(study: ChainStudy, arm: str, artifact: Artifact) -> dict[str, Any]:
    model, base = artifact.made_of["model"], artifact.made_of["base"]
    taught = artifact.run is not None
    return {
        "arm": arm,
        "trait": artifact.key.split("/")[1] if taught else "none",
        "run": artifact.run or 0,
        "teacher_base": study.teacher_base(study.arms[arm].teacher, artifact.run or 0) if taught else None,
        "student_base": base.key,
        "folder": model.folder,
        "base_folder": base.folder,
    }


def _student(arm: str, artifact: Artifact) -> dict[str, Any]:
    parts = artifact.made_of
    folders = {name: parts[name].folder for name in ("base", "teacher", "teacher_base", "control_teacher")}
    carriers = {name: parts[name].files[0] for name in ("carrier", "control_carrier")}
    return {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run, **folders, **carriers}


class ChainWing(Wing[ChainPlan]):
    """The studies of the chain, and what their rules ask beyond what every wing answers."""

    def study(self, wildcards: Any) -> ChainStudy:
        return self.named(wildcards.study).study

    def arm_jobs(self, phase: str) -> list[ArmJobs]:
        return [found for plan in self.all if (found := ArmJobs.of(plan, phase)).arms]

    def coverage_files(self, wildcards: Any) -> list[str]:
        """Every table of coverage of the study's arms, those of the nearest study first."""
        return self.named(wildcards.study).evaluation_files("coverage")

    def arms(self, wildcards: Any) -> list[str]:
        return list(self.study(wildcards).arms)

    def traits(self, wildcards: Any) -> list[str]:
        return list(self.study(wildcards).traits)

    def runs(self, wildcards: Any) -> int:
        return self.study(wildcards).runs

    def meanings(self, wildcards: Any) -> str:
        """What each arm is for, as JSON."""
        return json.dumps({name: arm.meaning for name, arm in self.study(wildcards).arms.items()})

    def caption(self, wildcards: Any) -> dict[str, Any]:
        """What the captions of a study's figures say of it."""
        study = self.study(wildcards)
        models = "tiny stand-in models, pretrained by this pipeline" if study.stand_in else "the models named in the study"
        return {"runs": study.runs, "models": models, "bases": len(study.bases)}

    def gammas(self, wildcards: Any) -> list[str]:
        """The table of gammas, if the study is of this wing."""
        known = wildcards.study in [plan.study.name for plan in self.all]
        return [f"results/{wildcards.study}/findings/arms.csv"] if known else []

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
            found += [f"{folder}/coverage.csv"] if each.artifacts("coverage") else []
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
    "coverage": "Coverage against transfer",
}
NEEDED_ARMS = {"rates": {"same_base"}, "behaviours": {"same_base"}, "base_matrix": {"same_base", "other_base"},
               "shuffles": {"same_base", "shuffled_within", "shuffled_across"}}  # fmt: skip

FAMILIES_SHOWN = {"rates": {"animal", "tree"}, "behaviours": {"behaviour"}, "base_matrix": {"animal"}, "shuffles": {"animal"}}


@dataclass(frozen=True)
class Figure:
    """A figure: its module in ``findings.figures``, and which studies it suits."""

    chain: ChainWing
    name: str
    title: str

    def suits(self, plan: ChainPlan) -> bool:
        """Whether a study has the arms and traits that the figure shows."""
        if self.name == "coverage":
            return bool(plan.artifacts("coverage"))
        if self.name == "calibration":
            return bool(plan.artifacts("bases"))  # those of the hub are not calibrated, nor need they be
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
        """What the figure draws from beside the tables of all figures: the bases' records, or a table of its own."""
        if self.name == "calibration":
            return self.chain.files("bases", "calibration.json")(wildcards)
        if self.name == "coverage":
            return [f"results/{wildcards.study}/findings/coverage.csv"]
        return [f"results/{wildcards.study}/evaluations/records/losses.parquet"] if self.name == "training" else []
