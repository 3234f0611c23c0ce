"""Run a step's module in one process, or in several: one for each GPU, or gloo processes on a CPU.

    python -m sublearn.models.launch 2 sublearn.chain.students.train --recipe …
    python -m sublearn.models.launch 16@2 sublearn.chain.students.train --recipe …

How many is a matter of the machine, given by Snakemake's resources ``processes`` and ``nodes``; the update that is learned is
the same. ``16@2`` is sixteen on two nodes of a SLURM allocation, where srun starts torch's launcher once on each. It starts
this module again, as ``one-of-16``: a process knows from its command line, and not from its environment, that others exist.
"""

import os
import re
import runpy
import shlex
import socket
import subprocess
import sys

from sublearn.core import inherited
from sublearn.core.errors import UserError

PROCESSORS = "SLURM_CPUS_PER_TASK"
ONE_OF = "one-of-"


def command(processes: int, module: str, arguments: list[str], gpus: bool, nodes: int = 1) -> list[str]:
    """The command that starts several processes.

    It is torch's launcher, not accelerate's, which would read a user's `accelerate config`.
    """
    launch = [sys.executable, "-m", "torch.distributed.run"]
    launch += ["--nnodes", str(nodes), "--nproc-per-node", str(processes // nodes)]
    if nodes == 1:  # where the launcher takes a port and keeps it, so that no other job gets it in between
        launch += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", "--local-addr", "127.0.0.1"]
    else:
        launch += ["--master-addr", socket.gethostname(), "--master-port", str(_free_port())]
    work = ["--module", "sublearn.models.launch", f"{ONE_OF}{processes}", module, *arguments]
    if nodes == 1:
        return [*launch, *work]
    # Each node learns from srun which one it is.
    ranked = f'exec {shlex.join(launch)} --node-rank "$SLURM_PROCID" "$@"'
    srun = ["srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    srun += [f"--gpus={processes}"] if gpus else []
    # A step of a job no longer inherits this by itself, and would have one processor.
    srun += [f"--cpus-per-task={os.environ[PROCESSORS]}"] if PROCESSORS in os.environ else []
    return [*srun, "sh", "-c", ranked, "sh", *work]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("", 0))
        return int(found.getsockname()[1])


def _become(module: str, arguments: list[str]) -> None:
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


def _start(processes: int, module: str, arguments: list[str], nodes: int) -> int:
    """Start several processes, and wait for them; returns the exit status.

    Raises:
        UserError: there are too few GPUs, or a variable of the environment is wrong.
    """
    inherited.clear()
    added = {inherited.THREADS: str(inherited.threads())}
    import torch

    there, needed = torch.cuda.device_count(), processes // nodes
    if 0 < there < needed:
        raise UserError(f"processes: {needed} on a node need as many GPUs, and the job has {there}; ask for gpu too.")
    if there:
        added |= _for_these_gpus()
    started = command(processes, module, arguments, there >= needed, nodes)
    return subprocess.run(started, env=os.environ | added, check=False).returncode


def _for_these_gpus() -> dict[str, str]:
    """What cards need that cannot exchange data with each other directly."""
    from accelerate.utils import check_cuda_p2p_ib_support

    return {} if check_cuda_p2p_ib_support() else {"NCCL_P2P_DISABLE": "1", "NCCL_IB_DISABLE": "1"}


def main(arguments: list[str]) -> int:
    count, module, *rest = arguments
    if one := re.fullmatch(rf"{ONE_OF}([1-9]\d*)", count):
        inherited.be_one_of(int(one[1]))
        _become(module, rest)
        return 0
    try:
        match = re.fullmatch(r"([1-9]\d*)(?:@([1-9]\d*))?", count)
        if not match:
            raise UserError(f"processes: found '{count}'; a whole number from 1 on is right.")
        processes, nodes = int(match[1]), int(match[2] or 1)
        if processes % nodes:
            raise UserError(f"processes: {processes} cannot be shared by {nodes} nodes evenly; a multiple is right.")
        if processes > 1:
            return _start(processes, module, rest, nodes)
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _become(module, rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
