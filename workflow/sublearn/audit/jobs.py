"""Turn plans of audit studies into jobs: what their rules need beyond ``planning.jobs``."""

from collections.abc import Callable
from typing import Any

from sublearn.audit.plan import AuditPlan
from sublearn.audit.tables import PAGES, REFERENCE
from sublearn.chain.estimate import Cost, Estimate, Size
from sublearn.orchestration.resources import JobResources, sized
from sublearn.planning.artifacts import Artifact, with_signature
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

    @staticmethod
    def resources(job: Job) -> "AuditResources":
        """What the jobs of a rule request: as much as the one with the largest base."""
        assert isinstance(job.plan, AuditPlan)
        return AuditResources(job, sized(job.plan.of.study), memory=1500, minutes=60)


class AuditResources(JobResources):
    """The resources of audits, by the size of the audited base."""

    def cost(self, estimate: Estimate, artifact: Artifact, size: Size) -> Cost:
        """A processor holds a base with its gradients, twice in the behaviour layer, in float32."""
        return Cost(seconds=OPERATIONS * size.parameters / estimate.rate, host=4 * 4 * size.parameters)
