"""The house: the plans of all chosen studies, wing by wing. The Snakefile asks here first."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

from sublearn import cluster, disk
from sublearn.artifacts import Plan
from sublearn.classifier.jobs import ClassifierWing
from sublearn.classifier.plan import ClassifierPlan
from sublearn.core.errors import UserError
from sublearn.jobs import ChainWing
from sublearn.plan import ChainPlan
from sublearn.studies import files, lineage
from sublearn.theory.jobs import TheoryWing
from sublearn.theory.plan import TheoryPlan
from sublearn.wings import rule_suffix

PLANS: dict[str, type[Plan[Any]]] = {plan.wing: plan for plan in (ChainPlan, ClassifierPlan, TheoryPlan)}


def run_steps_here() -> None:
    """Let steps run by the interpreter that runs Snakemake, activated or not, and find this package wherever they run.

    Jobs inherit the environment of Snakemake; where a conda environment is activated for a job, its PATH comes first.
    """
    for name, place in (("PATH", Path(sys.executable).parent), ("PYTHONPATH", Path(__file__).parents[1])):
        os.environ[name] = os.pathsep.join(filter(None, [str(place), os.environ.get(name)]))
    if " " in sys.executable:  # Snakemake writes it into SLURM's jobs without quotes
        sys.executable = "python"


def collect_seldom() -> None:
    """Let Python look for garbage less often: what Snakemake plans of a large study is a million objects, and all stay."""
    gc.set_threshold(50_000)


def make_ready(workflow: Any) -> None:
    """Before a run's first job: leave with one sentence if the machine cannot do it."""
    wake_for_news_only(workflow)
    try:
        cluster.check(workflow)
        disk.check(workflow.dag)
    except UserError as error:
        raise SystemExit(f"error: {error}") from None


def wake_for_news_only(workflow: Any) -> None:
    """Let Snakemake look for jobs to start when one has ended, and not besides.

    While there is a limit on how many jobs may start in a second (100 unless a user says otherwise), Snakemake 9 looks at all
    inputs of all waiting jobs once a second, and once more for each job that has ended since: in a long study, all the time.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


def plan(name: str) -> Plan[Any]:
    """The plan of a study, from its file and those that it extends."""
    found = None
    for study in reversed(lineage(name)):
        found = PLANS[study.wing](study, found)
    assert found is not None
    return found


class House:
    """The wings, each with the plans of its chosen studies."""

    def __init__(self, plans: list[Plan[Any]]) -> None:
        self.studies = [found.study.name for found in plans]
        # Of what a study inherits, its parent made it.
        self.makers = sorted({*self.studies, *(artifact.study for found in plans for artifact in found.everything)} - {""})
        self.chain = ChainWing([found for found in plans if isinstance(found, ChainPlan)])
        self.classifier = ClassifierWing([found for found in plans if isinstance(found, ClassifierPlan)])
        self.theory = TheoryWing([found for found in plans if isinstance(found, TheoryPlan)])

    def targets(self) -> list[str]:
        """Every file of the findings of the chosen studies."""
        pages = [f"results/{study}/findings/provenance.html" for study in self.studies]
        return [*self._findings(), *pages]

    def findings(self, wildcards: Any) -> list[str]:
        """Every table and figure of one of the chosen studies."""
        return [file for file in self._findings() if file.startswith(f"results/{wildcards.study}/")]

    def costs(self) -> list[str]:
        """The table and the picture of what the last run cost, if there was one: pages of the report that no rule makes."""
        return [file for file in ("logs/costs.svg", "logs/costs.csv") if Path(file).exists()]

    def _findings(self) -> list[str]:
        metrics = [f"results/{study}/findings/metrics.json" for study in self.studies]
        return [*self.chain.targets(), *self.classifier.targets(), *self.theory.targets(), *metrics]

    @property
    def studies_pattern(self) -> str:
        """A regular expression for the names of all studies."""
        return "|".join(wing.studies_pattern for wing in (self.chain, self.classifier, self.theory))


def plan_all(config: dict[str, Any]) -> House:
    """The plans of the studies that the configuration names.

    Raises:
        UserError: there is another key than ``studies``, it is missing or no list, or a study is wrong.
    """
    if unknown := sorted(set(config) - {"studies"}):
        raise UserError(
            f"{unknown[0]}: found in the configuration, which names studies alone; what a study does is in its file."
        )
    names = config.get("studies")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise UserError(f"studies: found {names!r}; name one study or more, such as --config studies='[tiny]'.")
    seen: dict[str, Path] = {}
    for name in names:
        for file in files(name):
            other = seen.setdefault(rule_suffix(file.stem), file.resolve())
            if other != file.resolve():
                raise UserError(
                    f"{file}: another study, {other}, has the same name, so they would share their files; rename one."
                )
    return House([plan(name) for name in names])
