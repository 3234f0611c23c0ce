"""Compute the memory, minutes and GPUs that the jobs of each rule request, from the size of the study's models.

Tiny models request the measured values given in each rule, and no GPU. Jobs with a pinned model, or with one that is pretrained
on a GPU, add the estimate of ``sublearn.chain.estimate`` at the rate of a modest GPU. All jobs of a rule request as much as the
largest of them, since SLURM gives every job of an array the same. A second attempt requests twice as much memory and time.
"""

from functools import cached_property
from typing import Any, Protocol, TypeVar

from sublearn.chain.bases.section import Base, PinnedBase
from sublearn.chain.estimate import Cost, Estimate, Size, model_of, recipe_of
from sublearn.chain.study import ChainStudy
from sublearn.orchestration.workflow import Workflow
from sublearn.planning.artifacts import Artifact, with_signature

UNKNOWN = 8.0  # billions of parameters, if a study does not say
# Operations and bytes per second: 40 % of an A100's peak, and the rates of eight cores.
RATES = {"auto": (1.2e14, 1.5e12), "cpu": (2e11, 2e10)}
CONTEXT = 1e9  # bytes of the host's memory that a GPU's driver and libraries take
MARGIN = 2.0  # since estimates are rough, and rates differ between machines
ALLOCATED = 1.2  # a processor's memory is taken in larger pieces: SmolLM2's full students took 5,640 MB, 5,200 by the estimate
AModel = TypeVar("AModel", bound=Base | PinnedBase)


class RuleJobs(Protocol):
    """The jobs of a rule."""

    @property
    def study(self) -> str: ...

    @property
    def artifacts_by_job(self) -> list[list[Artifact]]:
        """The artifacts that each job makes."""


class JobResources:
    """The resources that each job of a rule requests; the rule's ``resources`` call its methods.

    Args:
        jobs: the jobs of the rule.
        study: the study of the rule; None if it is not a study of language models.
        memory: megabytes that a job takes with tiny models, or apart from its models.
        minutes: minutes that a job takes, counted in the same way.
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
        """The largest values of all jobs: bytes of the host's memory, seconds, GPUs."""
        jobs = [[self._of(artifact) for artifact in job] for job in self.jobs.artifacts_by_job]
        memory = max(memory for job in jobs for memory, _, _ in job)
        seconds = max(sum(seconds for _, seconds, _ in job) for job in jobs)
        return memory, seconds, max(gpus for job in jobs for _, _, gpus in job)

    def _of(self, artifact: Artifact) -> tuple[float, float, int]:
        """The same values for one artifact."""
        model = model_of(artifact)
        recipe = recipe_of(self.study, model) if self.study and model else None
        if self.study is None or recipe is None:  # without a language model
            return 0.0, 0.0, int(artifact.recipe.get("device") == "auto")
        estimate = Estimate(self.study, *RATES[recipe.device])
        if (size := estimate.size(recipe)) is None:  # a tiny model
            return 0.0, 0.0, 0
        cost = self.cost(estimate, artifact, size)
        if recipe.device == "cpu":
            return ALLOCATED * cost.host, cost.seconds, 0
        # Weights pass through the host on their way to the GPU, and checkpoints on their way back.
        return MARGIN * size.weights + cost.checkpoint + CONTEXT, cost.seconds, 1

    def cost(self, estimate: Estimate, artifact: Artifact, size: Size) -> Cost:
        """What an artifact takes of the machine that computes its model, which has this size."""
        return estimate.of(artifact)


class StudyResources:
    """The resources that the jobs of all rules request."""

    def __init__(self, workflow: Workflow) -> None:
        self.studies = {plan.study.name: sized(plan.study) for plan in workflow.jobs["chain"].all}

    def of(self, jobs: RuleJobs, memory: int, minutes: int) -> JobResources:
        """The resources of a rule whose jobs, with tiny models, take ``memory`` megabytes and ``minutes``."""
        return JobResources(jobs, self.studies.get(jobs.study), memory, minutes)


def sized(study: ChainStudy) -> ChainStudy:
    """The study, with an assumed size for every pinned model that gives none."""
    judges = {name: _with_size(judge) for name, judge in study.judges.items()} if study.judges else None
    return study.model_copy(update={"bases": {name: _with_size(base) for name, base in study.bases.items()}, "judges": judges})


def _with_size(base: AModel) -> AModel:
    """A base or a judge, with an assumed size if it is pinned and says none."""
    return base.model_copy(update={"billions": UNKNOWN}) if isinstance(base, PinnedBase) and base.billions is None else base
