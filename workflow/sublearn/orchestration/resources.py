"""What the jobs of a rule ask of a machine: memory, minutes and GPUs, from the size of the study's models.

Tiny models request the measured values given in each rule, and no GPU. Jobs of a pinned model, or of one that is pretrained on
a GPU, request the arithmetic of ``sublearn.chain.estimate`` on top of that, at the rate of a modest GPU. All jobs of a rule
request the same, that of the largest, since SLURM gives every job of an array the same. A second attempt requests twice as much
memory and time.
"""

from functools import cached_property
from typing import Any, Protocol

from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.estimate import Estimate, base_of
from sublearn.chain.study import ChainStudy
from sublearn.orchestration.workflow import Workflow
from sublearn.planning.artifacts import Artifact, with_signature

UNKNOWN = 8.0  # billions of parameters, where a study does not say
# Operations and bytes per second: 40 % of an A100's peak, and what eight cores do.
RATES = {"auto": (1.2e14, 1.5e12), "cpu": (2e11, 2e10)}
CONTEXT = 1e9  # bytes of the host's memory that a GPU's driver and libraries take
MARGIN = 2.0  # estimates are arithmetic, and rates differ


class RuleJobs(Protocol):
    """The jobs of a rule."""

    @property
    def study(self) -> str: ...

    @property
    def artifacts_by_job(self) -> list[list[Artifact]]:
        """For each job the artifacts that it makes."""


class JobResources:
    """What each job of a rule requests; its methods are what the rule's resources call.

    Args:
        jobs: of the rule.
        study: the rule's, None if it is not of language models.
        memory: megabytes that a job takes beside its models, or with tiny ones.
        minutes: the same of its time.
    """

    def __init__(self, jobs: RuleJobs, study: ChainStudy | None, memory: int, minutes: int) -> None:
        self.jobs, self.study, self.memory, self.minutes = jobs, study, memory, minutes

    @with_signature
    def mem_mb(self, wildcards: Any, attempt: int) -> int:
        return attempt * (self.memory + round(self._largest[0] / 1e6))

    @with_signature
    def runtime(self, wildcards: Any, attempt: int) -> int:
        return attempt * (self.minutes + round(MARGIN * self._largest[1] / 60))

    @property
    def gpu(self) -> int:
        return self._largest[2]

    @cached_property
    def _largest(self) -> tuple[float, float, int]:
        """The most that any of the jobs takes: bytes of the host's memory, seconds, GPUs."""
        jobs = [[self._of(artifact) for artifact in job] for job in self.jobs.artifacts_by_job]
        memory = max(memory for job in jobs for memory, _, _ in job)
        seconds = max(sum(seconds for _, seconds, _ in job) for job in jobs)
        return memory, seconds, max(gpus for job in jobs for _, _, gpus in job)

    def _of(self, artifact: Artifact) -> tuple[float, float, int]:
        """The same of one artifact."""
        base = base_of(artifact)
        if self.study is None or base is None:  # not of language models
            return 0.0, 0.0, int(artifact.recipe.get("device") == "cuda")
        device = base.recipe["device"]
        estimate = Estimate(self.study, *RATES[device])
        size, cost = estimate.size(self.study.bases[base.key]), estimate.of(artifact)
        if size is None or device == "cpu":
            return cost.memory, cost.seconds, 0
        # Weights pass through the host on their way to the GPU, and checkpoints on their way back.
        return MARGIN * size.weights + cost.checkpoint + CONTEXT, cost.seconds, 1


class StudyResources:
    """What the jobs of all rules request."""

    def __init__(self, workflow: Workflow) -> None:
        self.studies = {plan.study.name: _sized(plan.study) for plan in workflow.jobs["chain"].all}

    def of(self, jobs: RuleJobs, memory: int, minutes: int) -> JobResources:
        """Those of a rule whose jobs, with tiny models, take so many megabytes and minutes."""
        return JobResources(jobs, self.studies.get(jobs.study), memory, minutes)


def _sized(study: ChainStudy) -> ChainStudy:
    """The study with a size for every pinned base."""
    unknown = {name: base for name, base in study.bases.items() if isinstance(base, PinnedBase) and base.billions is None}
    sized = {name: base.model_copy(update={"billions": UNKNOWN}) for name, base in unknown.items()}
    return study.model_copy(update={"bases": study.bases | sized})
