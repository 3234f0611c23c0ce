"""Turn plans of audit studies into jobs: what their rules need beyond ``planning.jobs``."""

from collections.abc import Callable
from typing import Any

from sublearn.audit.plan import PAGES, AuditPlan
from sublearn.audit.tables import REFERENCE
from sublearn.planning.artifacts import Artifact, with_signature
from sublearn.planning.jobs import Job, Jobs

UNKNOWN = 1.0  # billions of parameters that a pinned base is taken to have


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
    def memory(job: Job) -> int:
        """Megabytes: a pinned base is loaded with its gradients, twice in the behaviour layer."""
        return max(1500, *(round(1500 + 16_000 * _billions(each)) for part in job.artifacts_by_job for each in part))

    @staticmethod
    def minutes(job: Job) -> int:
        return max(60, *(round(6000 * _billions(each)) for part in job.artifacts_by_job for each in part))


def _billions(audit: Artifact) -> float:
    """The size of the audited base; small ones count as nothing."""
    return 0.0 if audit.inputs["base"].kind == "bases" else UNKNOWN
