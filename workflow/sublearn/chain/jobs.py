"""From plans of language models to jobs: what the rules of the chain ask beyond what every study kind answers."""

import json
from dataclasses import dataclass
from typing import Any

from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.plan import ChainPlan
from sublearn.core.code_identity import code_of
from sublearn.planning.artifacts import Artifact
from sublearn.planning.jobs import Jobs, rule_suffix


@dataclass(frozen=True)
class ArmJob:
    """The jobs of one evaluation and study: each measures the models of a whole arm that the study owns."""

    plan: ChainPlan
    evaluation: str
    arms: dict[str, list[Artifact]]

    @classmethod
    def of(cls, plan: ChainPlan, evaluation: str) -> "ArmJob":
        own: dict[str, list[Artifact]] = {}
        for artifact in plan.own(evaluation):
            own.setdefault(artifact.key.split("/")[0], []).append(artifact)
        return cls(plan, evaluation, own)

    @property
    def study(self) -> str:
        return self.plan.study.name

    @property
    def minutes(self) -> int:
        return EVALUATIONS.get(self.evaluation).minutes

    @property
    def artifacts_by_job(self) -> list[list[Artifact]]:
        """For each job the artifacts that it makes."""
        return list(self.arms.values())

    @property
    def rule(self) -> str:
        return f"{self.evaluation}_{rule_suffix(self.study)}"

    @property
    def message(self) -> str:
        return f"{self.evaluation} of {self.study}: {{wildcards.arm}}"

    @property
    def arms_pattern(self) -> str:
        return "|".join(sorted(self.arms))

    @property
    def output(self) -> str:
        return f"results/{self.study}/evaluations/{self.evaluation}/{{arm}}.parquet"

    @property
    def log(self) -> str:
        return f"logs/{self.study}/evaluations/{self.evaluation}/{{arm}}.log"

    @property
    def benchmark(self) -> str:
        return f"logs/{self.study}/evaluations/{self.evaluation}/{{arm}}.benchmark.tsv"

    @property
    def seed(self) -> int:
        return self.plan.study.seed

    # The rest are functions of a job's wildcards.

    def code(self, step: str) -> Any:
        return lambda wildcards: code_of(step, *self.arms[wildcards.arm][0].modules)

    def inputs(self, wildcards: Any) -> list[str]:
        parts = [part for artifact in self.arms[wildcards.arm] for part in artifact.inputs.values()]
        return list(dict.fromkeys(file for part in parts for file in part.content_files))

    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.arms[wildcards.arm][0].recipe, sort_keys=True)

    def models(self, wildcards: Any) -> str:
        """The models to measure, as JSON: who each is and where it lies."""
        evaluation = EVALUATIONS.get(self.evaluation)
        return json.dumps([evaluation.model(self.plan, wildcards.arm, each) for each in self.arms[wildcards.arm]])


class ChainJobs(Jobs[ChainPlan]):
    """The jobs of the studies of language models."""

    @property
    def transforms(self) -> list[str]:
        """Every transform of rows that a study asks for."""
        return list(dict.fromkeys(name for plan in self.all for name in plan.transforms))

    def arm_jobs(self) -> list[ArmJob]:
        """The jobs of every evaluation that a study asks for."""
        found = [ArmJob.of(plan, name) for plan in self.all for name in (ANSWERS, *plan.study.measures)]
        return [job for job in found if job.arms]

    # Functions of the wildcard ``study``.

    def files(self, kind: str, name: str) -> Any:
        """For each artifact of a kind that the study uses, the file called ``name``."""
        return lambda wildcards: [f"{each.folder}/{name}" for each in self.named(wildcards.study).artifacts(kind)]

    def counts_code(self, wildcards: Any) -> str:
        carriers = self.named(wildcards.study).study.carriers.values()
        return code_of("sublearn.chain.evaluations.counts", *(CARRIER_KINDS.module(carrier.kind) for carrier in carriers))

    def filtered_rows(self, wildcards: Any) -> str:
        """The filtered rows of every carrier: whose they are and where they lie, as JSON."""
        plan = self.named(wildcards.study)
        found = []
        for artifact in plan.artifacts("filtered"):
            carrier, teacher, trait = artifact.key.split("/")
            who = {"carrier": carrier, "kind": artifact.recipe["kind"], "teacher": teacher, "trait": trait, "run": artifact.run}
            found.append(who | {"filtered": artifact.files[0], "report": artifact.files[2]})
        return json.dumps(found)

    def training_records(self, wildcards: Any) -> str:
        """The record of every student's training: whose it is and where it lies, as JSON."""
        found = []
        for artifact in self.named(wildcards.study).artifacts("students"):
            arm, trait = artifact.key.split("/")
            found.append({"arm": arm, "trait": trait, "run": artifact.run, "record": f"{artifact.folder}/training.json"})
        return json.dumps(found)
