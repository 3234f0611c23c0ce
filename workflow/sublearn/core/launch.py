"""Run a step's module in one process, or in several that accelerate starts: one for each GPU, or gloo processes on a CPU.

    python -m sublearn.core.launch 2 sublearn.students.train --recipe …

How many is a matter of the machine, given by Snakemake's resource ``processes``; the update that is learned is the same.
"""

import os
import runpy
import subprocess
import sys

PROCESSES = "SUBLEARN_PROCESSES"  # tells the step how many there must be


def command(processes: int, module: str, arguments: list[str], gpus: bool) -> tuple[list[str], dict[str, str]]:
    """The command that starts several processes, and what it adds to the environment."""
    # `--cpu` would start one process only; `--multi_gpu`, with the CPU asked for by the environment, starts all, on gloo.
    added = {PROCESSES: str(processes)} | ({} if gpus else {"ACCELERATE_USE_CPU": "true"})
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1", "--num_processes", str(processes)]
    launch += ["--main_process_port", "0", "--mixed_precision", "no", "--dynamo_backend", "no", "--module", module]
    return [sys.executable, *launch, *arguments], added


def main(arguments: list[str]) -> int:
    count, module, *rest = arguments
    if not count.isdigit() or int(count) < 1:
        print(f"error: processes: found '{count}'; a whole number from 1 on is right.", file=sys.stderr)
        return 1
    if int(count) == 1:
        sys.argv = [module, *rest]
        runpy.run_module(module, run_name="__main__")
        return 0
    import torch

    started, added = command(int(count), module, rest, gpus=torch.cuda.device_count() >= int(count))
    return subprocess.run(started, env=os.environ | added, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
