"""Turn plans of language-model studies into jobs: what the chain's rules need beyond ``planning.jobs``."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.plan import ChainPlan
from sublearn.core.code_identity import code_of
from sublearn.planning.artifacts import Artifact, with_signature
from sublearn.planning.jobs import Job, Jobs, StepJob, rule_suffix


class ChainJob(Job):
    """The jobs of one rule whose keys end in a teacher's name and trait."""

    def trait(self, wildcards: Any) -> str:
        return str(wildcards.key.split("/")[-1])

    def teacher(self, wildcards: Any) -> str:
        """The teacher's name and trait, such as bias/owl, without the carrier."""
        return "/".join(wildcards.key.split("/")[-2:])

    def by_trait(self, of: Callable[[str], list[str]]) -> Callable[[Any], list[str]]:
        """What ``of`` gives for the trait of the job."""
        return with_signature(lambda wildcards: of(self.trait(wildcards)))


@dataclass(frozen=True)
class ArmJob(StepJob):
    """The jobs of one evaluation and study: each measures all models of one arm that the study owns."""

    plan: ChainPlan
    arms: dict[str, list[Artifact]]

    @classmethod
    def of(cls, plan: ChainPlan, evaluation: str) -> "ArmJob":
        own: dict[str, list[Artifact]] = {}
        for artifact in plan.own(evaluation):
            own.setdefault(artifact.key.split("/")[0], []).append(artifact)
        return cls(plan, evaluation, own)

    @property
    def minutes(self) -> int:
        return EVALUATIONS.get(self.kind).minutes

    @property
    def artifacts_by_job(self) -> list[list[Artifact]]:
        """The artifacts that each job makes."""
        return list(self.arms.values())

    @property
    def rule(self) -> str:
        return f"{self.kind}_{rule_suffix(self.study)}"

    @property
    def message(self) -> str:
        return f"{self.kind} of {self.study}: {{wildcards.arm}}"

    @property
    def arms_pattern(self) -> str:
        return "|".join(sorted(self.arms))

    @property
    def output(self) -> str:
        return f"results/{self.study}/evaluations/{self.kind}/{{arm}}.parquet"

    @property
    def beside_tables(self) -> list[str]:
        """The tables beside it, if the study has any."""
        first = next(iter(self.arms.values()))[0]
        place = self.output.rpartition("/")[0]
        return [f"{place}/{{arm}}{name.removeprefix(first.key.split('/')[0])}" for name in first.names[1:]]

    def beside(self, wildcards: Any) -> str:
        """The option that names the table beside an arm's; empty if there is none."""
        others = self.arms[wildcards.arm][0].files[1:]
        return f"--beside {others[0]}" if others else ""

    @property
    def log(self) -> str:
        return f"logs/{self.study}/evaluations/{self.kind}/{{arm}}.log"

    @property
    def benchmark(self) -> str:
        return f"logs/{self.study}/evaluations/{self.kind}/{{arm}}.benchmark.tsv"

    @property
    def seed(self) -> int:
        return self.plan.study.seed

    # The rest are functions of a job's wildcards.

    def artifacts(self, wildcards: Any) -> list[Artifact]:
        return self.arms[wildcards.arm]

    def models(self, wildcards: Any) -> list[str]:
        """The models to measure: the identity and folders of each, as JSON (one argument may have at most 128 KiB)."""
        evaluation = EVALUATIONS.get(self.kind)
        return [json.dumps(evaluation.model(self.plan, wildcards.arm, each)) for each in self.arms[wildcards.arm]]


class ChainJobs(Jobs[ChainPlan]):
    """The jobs of all studies of language models."""

    def of(self, kind: str) -> list[Job]:
        return [job for plan in self.all for job in ChainJob.of(plan, kind)]

    def changed_rows(self, selects: bool) -> list[Job]:
        """The jobs that transform the rows that passed the filter or, if ``selects``, choose some of them by a reference."""
        names = dict.fromkeys(name for plan in self.all for name in plan.transforms)
        jobs = [job for name in names for job in self.of(name)]
        return [job for job in jobs if ("reference" in job.artifacts_by_job[0][0].inputs) == selects]

    def arm_jobs(self) -> list[ArmJob]:
        """The jobs of all evaluations of the studies."""
        jobs = [ArmJob.of(plan, name) for plan in self.all for name in (ANSWERS, *plan.study.measures)]
        return [job for job in jobs if job.arms]

    def trial(self, job: Job) -> Callable[[Any], str]:
        """What a teacher's first completions are tried against: its carrier's filter, and the most rows that a student learns.

        A resource, which sets off no job again: it changes no row.
        """
        plan = job.plan
        assert isinstance(plan, ChainPlan)

        def of(wildcards: Any) -> str:
            carrier, teacher, trait = wildcards.key.split("/")
            return json.dumps(plan.study.trial(carrier, teacher, trait), sort_keys=True)

        return with_signature(of)

    # Functions of the wildcard ``study``.

    def files(self, kind: str, name: str) -> Any:
        """The file ``name`` of each artifact of a kind that the study uses."""
        return lambda wildcards: [f"{each.folder}/{name}" for each in self.named(wildcards.study).artifacts(kind)]

    def counts_code(self, wildcards: Any) -> str:
        carriers = self.named(wildcards.study).study.carriers.values()
        return code_of("sublearn.chain.evaluations.counts", *(CARRIER_KINDS.module(carrier.kind) for carrier in carriers))

    def filtered_rows(self, wildcards: Any) -> list[str]:
        """The filtered rows of every carrier: carrier, teacher, trait, run and files, as JSON; rows of one file count once."""
        plan = self.named(wildcards.study)
        different: dict[tuple[str, str], Artifact] = {}
        for artifact in plan.artifacts("filtered"):
            different.setdefault((artifact.key, _rows_of(artifact)), artifact)
        rows = []
        for artifact in different.values():
            carrier, teacher, trait = artifact.key.split("/")
            kind, run = artifact.recipe["kind"], artifact.run
            identity = {"carrier": carrier, "kind": kind, "teacher": teacher, "trait": trait, "run": run}
            rows.append(json.dumps(identity | {"filtered": artifact.files[0], "report": artifact.files[2]}))
        return rows

    def leak_words(self, wildcards: Any) -> list[str]:
        """The words that give away any trait of the study."""
        return self.named(wildcards.study).own_leak_words

    def training_records(self, wildcards: Any) -> list[str]:
        """The record of every student's training: arm, trait, run and file, as JSON."""
        records = []
        for artifact in self.named(wildcards.study).artifacts("students"):
            arm, trait = artifact.key.split("/")
            record = f"{artifact.folder}/training.json"
            records.append(json.dumps({"arm": arm, "trait": trait, "run": artifact.run, "record": record}))
        return records


def _rows_of(artifact: Artifact) -> str:
    """What sets the rows of a filtered artifact apart: its run or, if they are imported, their file, which runs may share."""
    run, raw = artifact.run or 0, artifact.inputs["raw"]
    if raw.kind != "imported":
        return str(run)
    files = raw.recipe["files"]
    return json.dumps(files[run % len(files)], sort_keys=True)
