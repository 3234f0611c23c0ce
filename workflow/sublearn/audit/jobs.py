"""Turn plans of audit studies into jobs: what their rules need beyond ``planning.jobs``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sublearn.audit.plan import PAGES, AuditPlan
from sublearn.audit.tables import REFERENCE
from sublearn.chain.estimate import Estimate, recipe_of
from sublearn.orchestration.resources import CONTEXT, MARGIN, RATES, with_size
from sublearn.planning.artifacts import Artifact, Plan, with_signature
from sublearn.planning.jobs import Job, Jobs

OPERATIONS = 7e7  # for each parameter: 13 hours of a processor for SmolLM2, nearly all of them in behaviour and rehearsal


class AuditJobs(Jobs[AuditPlan]):
    """The jobs of all audit studies."""

    def words(self, job: Job) -> Callable[[Any], list[str]]:
        """For each run of a case's data set, a word that gives away its trait."""
        plan = job.plan
        assert isinstance(plan, AuditPlan)

        def of(wildcards: Any) -> list[str]:
            made = job.artifacts(wildcards)
            name, _, i = made[0].key.partition("/")
            return [plan.leak_word(plan.study.cases[name], int(i), each.run or 0) for each in made]

        return with_signature(of)

    @staticmethod
    def references(job: Job) -> Callable[[Any], list[str]]:
        """For each run, the file of what its rows are compared with; none where the base writes it."""

        def of(wildcards: Any) -> list[str]:
            parts = [each.inputs["rows"] for each in job.artifacts(wildcards)]
            return [f"{part.folder}/{REFERENCE}" for part in parts if REFERENCE in part.names]

        return with_signature(of)

    @staticmethod
    def pages(job: Job) -> str:
        return "--pages" if set(PAGES) <= set(job.names) else ""

    # What the jobs of a rule request: as much as the one with the largest base.

    @staticmethod
    def memory(job: Job) -> int:
        """Megabytes of the machine's memory: a GPU's weights and a processor's gradients are there twice."""
        return max(1500 + round(need.memory / 1e6) for need in _needs(job))

    @staticmethod
    def minutes(job: Job) -> int:
        return max(60, *(round(need.seconds / 60) for need in _needs(job)))

    @staticmethod
    def gpu(job: Job) -> int:
        return max(need.gpus for need in _needs(job))


@dataclass(frozen=True)
class _Need:
    """What one audit takes beside a small process: bytes, seconds, and GPUs."""

    memory: float = 0.0
    seconds: float = 0.0
    gpus: int = 0


def _needs(job: Job) -> list[_Need]:
    return [_need(job.plan, part) for parts in job.artifacts_by_job for part in parts]


def _need(plan: Plan[Any], audit: Artifact) -> _Need:
    """By the size of the audited base; those that are pretrained on a processor count as nothing."""
    assert isinstance(plan, AuditPlan)
    base = recipe_of(plan.of.study, audit.inputs["base"])
    if base is None:  # of a parent's study, which pretrains it
        return _Need()
    rates = RATES[base.device]
    size = Estimate(plan.of.study, *rates).size(with_size(base))
    if size is None:
        return _Need()
    seconds = OPERATIONS * size.parameters / rates[0]
    if base.device == "cpu":
        return _Need(4 * 4 * size.parameters, seconds)
    return _Need(MARGIN * size.weights + CONTEXT, MARGIN * seconds, 1)
