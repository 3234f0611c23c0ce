"""How Snakemake and its jobs run on this machine: interpreter, packages, garbage, and the checks before the first job."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError
from sublearn.orchestration import preflight_files, preflight_slurm


def run_steps_here() -> None:
    """Let steps run by the interpreter that runs Snakemake, activated or not, and find this package wherever they run.

    Jobs inherit the environment of Snakemake; where a conda environment is activated for a job, its PATH comes first.
    """
    for name, place in (("PATH", Path(sys.executable).parent), ("PYTHONPATH", Path(__file__).parents[2])):
        others = [part for part in os.environ.get(name, "").split(os.pathsep) if part and part != str(place)]
        os.environ[name] = os.pathsep.join([str(place), *others])
    if " " in sys.executable:  # Snakemake writes it into SLURM's jobs without quotes
        sys.executable = "python"


def collect_garbage_less_often() -> None:
    """Raise the garbage collector's threshold: the plan of a large study is a million objects, and all of them stay."""
    gc.set_threshold(50_000)


def refuse_prefix(workflow: Any) -> None:
    """Refuse to be a module whose paths are changed: steps are told in their options which folders to read and fill.

    Raises:
        UserError: the module has a prefix, or replaces one.
    """
    paths = workflow.modifier.path_modifier
    while paths is not None:
        if paths.prefix or paths._prefix_replacements:
            raise UserError(
                "prefix: the paths of this workflow cannot be changed, since its steps are told them too; leave prefix and "
                "replace_prefix out of the module, and choose its folder by --directory or workdir."
            )
        paths = paths.inner_modifier


def check_machine(workflow: Any) -> None:
    """Before a run's first job: exit with a one-line error if this machine cannot run the workflow."""
    schedule_on_events_only(workflow)
    try:
        preflight_slurm.check(workflow)
        preflight_files.check(workflow.dag)
    except UserError as error:
        raise SystemExit(f"error: {error}") from None


def schedule_on_events_only(workflow: Any) -> None:
    """Schedule only when a job ends.

    While there is a limit on how many jobs may start in a second (100 unless a user says otherwise), Snakemake 9 looks at all
    inputs of all waiting jobs once a second, and once more for each job that has ended since: in a long study, all the time.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
