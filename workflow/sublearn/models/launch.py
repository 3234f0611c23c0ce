"""Run a step's module in one process, or in several that accelerate starts: one for each GPU, or gloo processes on a CPU.

    python -m sublearn.models.launch 2 sublearn.chain.students.train --recipe …
    python -m sublearn.models.launch 16@2 sublearn.chain.students.train --recipe …

How many is a matter of the machine, given by Snakemake's resources ``processes`` and ``nodes``; the update that is learned is
the same. ``16@2`` is sixteen on two nodes of a SLURM allocation, where srun starts accelerate once on each.
"""

import os
import re
import runpy
import shlex
import socket
import subprocess
import sys

PROCESSES = "SUBLEARN_PROCESSES"  # tells the step how many there must be
PROCESSORS = "SLURM_CPUS_PER_TASK"


def command(processes: int, module: str, arguments: list[str], gpus: bool, nodes: int = 1) -> tuple[list[str], dict[str, str]]:
    """The command that starts several processes, and what it adds to the environment."""
    # `--cpu` would start one process only; `--multi_gpu`, with the CPU asked for by the environment, starts all, on gloo.
    added = {PROCESSES: str(processes)} | ({} if gpus else {"ACCELERATE_USE_CPU": "true"})
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", str(nodes)]
    launch += ["--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--gpu_ids", "all"]  # of the job's; those that a user's `accelerate config` names may be another job's
    if nodes == 1:
        return [*launch, "--main_process_port", "0", "--module", module, *arguments], added
    launch += ["--main_process_ip", socket.gethostname(), "--main_process_port", str(_free_port())]
    # Each node learns from srun which one it is.
    ranked = f'exec {shlex.join(launch)} --machine_rank "$SLURM_PROCID" --module "$@"'
    srun = ["srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    srun += [f"--gpus={processes}"] if gpus else []
    # A step of a job no longer inherits this by itself, and would have one processor.
    srun += [f"--cpus-per-task={os.environ[PROCESSORS]}"] if PROCESSORS in os.environ else []
    return [*srun, "sh", "-c", ranked, "sh", module, *arguments], added


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("", 0))
        return int(found.getsockname()[1])


def main(arguments: list[str]) -> int:
    count, module, *rest = arguments
    match = re.fullmatch(r"([1-9]\d*)(?:@([1-9]\d*))?", count)
    if not match:
        print(f"error: processes: found '{count}'; a whole number from 1 on is right.", file=sys.stderr)
        return 1
    processes, nodes = int(match[1]), int(match[2] or 1)
    if processes % nodes:
        print(f"error: processes: {processes} cannot be shared by {nodes} nodes evenly; a multiple is right.", file=sys.stderr)
        return 1
    if processes == 1:
        sys.argv = [module, *rest]
        runpy.run_module(module, run_name="__main__")
        return 0
    import torch

    there, needed = torch.cuda.device_count(), processes // nodes
    if 0 < there < needed:
        print(
            f"error: processes: {needed} on a node need as many GPUs, and the job has {there}; ask for gpu too.",
            file=sys.stderr,
        )
        return 1
    gpus = there >= needed
    started, added = command(processes, module, rest, gpus, nodes)
    return subprocess.run(started, env=os.environ | added, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
