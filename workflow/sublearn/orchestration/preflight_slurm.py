"""Check once, before the first job is submitted, that the cluster can run what the profile asks for.

SLURM itself would report a problem for every job, hours later, or not at all: a job that no node can hold waits for ever, and a
job whose node does not see its folder dies without a log.
"""

import difflib
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError

# File systems of a single machine, by their names in `stat`; a folder on one may still be exported to other machines.
LOCAL = {"btrfs", "ext2/ext3", "overlayfs", "ramfs", "tmpfs", "xfs", "zfs"}
# The resources that a rule or a profile may request: Snakemake's own, the executor plugin's, and ours (only the checks of a
# step read `own` and `trial`).
# fmt: off
RESOURCES = {
    "mem", "mem_mb", "mem_mib", "mem_mb_per_cpu", "disk", "disk_mb", "disk_mib", "tmpdir", "runtime", "gpu", "gpu_model",
    "gres", "slurm_partition", "slurm_account", "slurm_extra", "slurm_cluster", "cluster", "clusters", "constraint", "qos",
    "nodes", "processes", "cpus_per_task", "cpus_per_gpu", "tasks", "tasks_per_gpu", "tasks_per_node", "mpi",
    "own", "trial", "_cores", "_nodes",
}
# fmt: on
PROGRAMS = ("sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun")  # of SLURM, which a run calls
MOST_IN_ARRAY = 60  # their commands, 1.5 kB each, fit into one argument of a process, with room to spare
UNSEEN = 42  # exit status of the test job if its node does not see our file
PATIENCE = 20  # seconds that the test job may wait for a node

Asked = dict[str, dict[str, Any]]  # the resources that each rule requests


def check(workflow: Any) -> None:
    """Check the cluster, if jobs go to one.

    Raises:
        UserError: the cluster cannot run a job.
    """
    if workflow.executor_plugin.name != "slurm":
        return
    jobs = [job for job in workflow.dag.needrun_jobs() if not job.is_local]
    # All jobs of a rule request the same resources.
    asked: Asked = {rule: dict(job.resources.items()) for rule, job in {job.rule.name: job for job in jobs}.items()}
    known_resources(asked)
    partitions_and_gpus(asked, gpus_of_nodes())
    settings, counts = workflow.executor_settings, Counter(job.rule.name for job in jobs)
    arrays(settings.array_jobs or "", counts, workflow.nodes, settings.array_limit)
    shared_folder(next(iter(asked.values()), {}))


def known_resources(asked: Asked) -> None:
    """Refuse a resource that nothing reads, such as one with a typing error."""
    for rule, resources in asked.items():
        for name in sorted(set(resources) - RESOURCES):
            alike = difflib.get_close_matches(name, RESOURCES, 1)
            hint = f"did you mean {alike[0]}?" if alike else "leave it out."
            raise UserError(f"{name}: a resource of {rule} that neither SLURM's executor nor a rule knows; {hint}")


def gpus_of_nodes() -> dict[str, int]:
    """The number of GPUs of each partition's best node.

    Raises:
        UserError: SLURM is not installed, or does not answer.
    """
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        which = "SLURM is not" if len(missing) == len(PROGRAMS) else "a part of SLURM is not"
        raise UserError(f"{which} installed here (no {', '.join(missing)}); run on a login node, or without a profile.")
    done = _run("sinfo", "--all", "--noheader", "--format=%R|%G")
    if done.returncode:
        raise UserError(f"SLURM does not answer ({done.stderr.strip() or 'no message'}); is its controller up?")
    most: dict[str, int] = {}
    for line in done.stdout.split():
        partition, _, generic = line.partition("|")
        gpus = sum(map(int, re.findall(r"\bgpu(?::[^:,(]+)?:(\d+)", generic)))
        most[partition] = max(gpus, most.get(partition, 0))
    return most


def partitions_and_gpus(asked: Asked, nodes: dict[str, int]) -> None:
    """Refuse a partition that does not exist, and more GPUs than any of its nodes has."""
    for rule, resources in asked.items():
        if {"slurm_cluster", "cluster", "clusters"} & set(resources):  # another cluster than the one that sinfo described
            continue
        partition = resources.get("slurm_partition")
        allowed = partition.split(",") if partition else list(nodes)
        for name in allowed:
            if name not in nodes:
                right = f"there are {', '.join(sorted(nodes))}" if nodes else "sinfo lists none, so ask who runs the cluster"
                raise UserError(f"slurm_partition: the cluster has no '{name}'; {right}.")
        most = max((nodes[name] for name in allowed), default=0)
        each = -(-(resources.get("gpu") or 0) // (resources.get("nodes") or 1))
        if each > most:
            where = f"of partition {partition}" if partition else "of this cluster"
            raise UserError(f"gpu: {rule} asks for {each} on a node, but the best node {where} has {most}; ask for fewer.")


def arrays(wanted: str, jobs: Counter[str], at_once: int, at_most: int) -> None:
    """Refuse job arrays that could never be submitted, or would be submitted wrongly.

    The executor plugin (2.8) holds back the jobs of a rule until all that are ready may run at once; if the limit is lower, it
    waits for ever. It also numbers the jobs of a second array after those of the first, above the largest index of SLURM. Where
    the commands of an array are too long for one argument, it runs the first in place of all others.
    """
    config = _run("scontrol", "show", "config").stdout
    size = re.search(r"MaxArraySize\s*=\s*(\d+)", config)
    most = min(at_once, int(size[1]) - 1 if size else at_once)
    chosen = {*re.split(r"[,;\s]+", wanted)}
    for rule, count in [(rule, count) for rule, count in jobs.items() if {rule, "all"} & chosen]:
        if count > most:
            why = f"only {at_once} may run at once" if at_once == most else f"this cluster's arrays hold {most}"
            raise UserError(
                f"slurm-array-jobs: {rule} has {count} jobs, but {why}; leave it out of the profile for such a study."
            )
        if min(count, at_most) > MOST_IN_ARRAY:
            raise UserError(
                f"slurm-array-limit: found {at_most}, but the commands of so many jobs of {rule} are too long; 40 is right."
            )


def shared_folder(resources: dict[str, Any]) -> None:
    """Refuse a working folder that the nodes do not see; on a local file system, a test job looks for a file there."""
    kind = _run("stat", "--file-system", "--format=%T", ".").stdout
    if kind.strip() not in LOCAL:
        return
    token = Path(".snakemake", f"seen-by-nodes-{os.getpid()}").absolute()
    token.parent.mkdir(exist_ok=True)
    token.touch()
    look = ["srun", "--quiet", "--ntasks=1", "--mem=50", "--time=1", f"--immediate={PATIENCE}", "--chdir=/"]
    look += [f"--{name}={resources[f'slurm_{name}']}" for name in ("partition", "account") if resources.get(f"slurm_{name}")]
    look += ["sh", "-c", f'test -e "$0" || exit {UNSEEN}', str(token)]
    try:
        status = _run(*look).returncode
    finally:
        token.unlink()
    if status == UNSEEN:  # any other failure means that no node was free
        raise UserError(
            f"{Path.cwd()}: the cluster's nodes do not see this folder (it lies on {kind.strip()} of this machine); "
            "work in one that all share."
        )


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program, and keep what it says.

    Raises:
        UserError: there is no such program.
    """
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(
            f"{command[0]}: not on the PATH, but needed to check the cluster; install it, or add its folder to PATH."
        ) from None
