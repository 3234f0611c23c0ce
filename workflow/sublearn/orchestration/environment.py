"""Prepare Snakemake and its jobs for this machine: interpreter, search paths, garbage collection, and checks before a run."""

import gc
import os
import re
import sys
from pathlib import Path
from typing import Any

from sublearn.core import inherited
from sublearn.core.errors import UserError
from sublearn.orchestration import preflight_files, preflight_slurm, reruns

UNTRIED = 9, 28  # the first version of Snakemake that this workflow was not tried with


def refuse_untried_snakemake(version: str) -> None:
    """Refuse a Snakemake that is newer than those tried: what is made again is decided within it (``orchestration.reruns``).

    Raises:
        UserError: it is.
    """
    if tuple(map(int, re.findall(r"\d+", version)[:2])) >= UNTRIED:
        raise UserError(
            f"Snakemake {version}: this workflow decides within Snakemake what is made again, and was tried with versions "
            f"before {'.'.join(map(str, UNTRIED))}; install one of them, as make setup does."
        )


def run_steps_here(alone: bool) -> None:
    """Let steps run with Snakemake's own interpreter, even if its environment is not activated, and find this package.

    Jobs inherit Snakemake's environment variables, without what others left there. If a conda environment is activated for a
    job, its PATH comes first.

    Args:
        alone: no rules of another workflow run beside these, whose scripts may import what lies beside them.
    """
    inherited.clear()
    if alone:
        os.environ["PYTHONSAFEPATH"] = "1"  # a file of the working folder, such as random.py, is no module of a step
    for name, place in (("PATH", Path(sys.executable).parent), ("PYTHONPATH", Path(__file__).parents[2])):
        others = [part for part in os.environ.get(name, "").split(os.pathsep) if part and part != str(place)]
        os.environ[name] = os.pathsep.join([str(place), *others])
    if " " in sys.executable:  # Snakemake writes this path into SLURM jobs without quotes
        sys.executable = "python"


def collect_garbage_less_often() -> None:
    """Raise the garbage collector's threshold: a large study's plan has a million objects, which all stay alive."""
    gc.set_threshold(50_000)


def refuse_prefix(workflow: Any) -> None:
    """Refuse a prefix if another workflow uses this one as a module: steps get their paths as options, without the prefix.

    Raises:
        UserError: the module sets ``prefix`` or ``replace_prefix``.
    """
    paths = workflow.modifier.path_modifier
    while paths is not None:
        if paths.prefix or paths._prefix_replacements:
            raise UserError(
                "prefix: the paths of this workflow cannot be changed, since its steps get them as options; leave prefix and "
                "replace_prefix out of the module, and choose its folder with --directory or workdir."
            )
        paths = paths.inner_modifier


def check_machine(workflow: Any) -> None:
    """Before a run's first job: exit with a one-line error if this machine cannot run the workflow."""
    schedule_on_events_only(workflow)
    try:
        preflight_slurm.check(workflow)
        preflight_files.check(workflow.dag)
        reruns.refuse_to_overwrite(workflow)
    except (UserError, OSError) as error:
        raise SystemExit(f"error: {error}") from None


def schedule_on_events_only(workflow: Any) -> None:
    """Schedule only when a job ends.

    If the number of jobs that may start per second is limited (by default to 100), Snakemake 9 checks all inputs of all waiting
    jobs once a second, and once more for each job that has ended since. In a large study it would do little else.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
