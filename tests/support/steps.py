"""Steps as commands, each in a process of its own, without waiting for torch and pandas each time.

The process is forked from a server that has imported what takes long, and nothing of ours. So a step begins as a fresh Python
would, a few seconds earlier; where its environment must be there before the first import, it is a fresh Python indeed.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WORKFLOW = Path(__file__).parents[2] / "workflow"
HEAVY = [
    "matplotlib.pyplot", "pandas", "pandera.pandas", "peft", "pydantic", "safetensors.torch", "scipy.stats", "seaborn",
    "statsmodels.stats.multitest", "torch", "transformers.models.auto.modeling_auto", "transformers.models.gpt2.modeling_gpt2",
]  # fmt: skip
# What libraries and Python read of the environment when they start.
READ_AT_START = ("HF_", "PYTHON")


def _work(module: str, arguments: list[str], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    """What the forked process does: it becomes ``python -m module arguments``."""
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:] = [str(WORKFLOW), *(place for place in sys.path if place != str(WORKFLOW))]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


class Steps:
    """Runs steps; one for a whole session."""

    def __init__(self) -> None:
        os.environ["OMP_NUM_THREADS"] = "1"
        self.context: Any = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(HEAVY)
        self.started = dict(os.environ)

    def run(
        self, module: str, *arguments: object, fresh: bool = False, given: str | None = None, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run ``python -m module arguments``; with ``fresh`` or standard input, by another Python from its start."""
        command = [sys.executable, "-m", module, *map(str, arguments)]
        env = os.environ | {"PYTHONPATH": str(WORKFLOW)} | environment
        changed = {name for name in {*env, *self.started} if env.get(name) != self.started.get(name)} - {"PYTHONPATH"}
        if fresh or given is not None or any(name.startswith(READ_AT_START) for name in changed):
            return subprocess.run(command, env=env, input=given, capture_output=True, text=True, check=False)
        with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
            work = (module, command[3:], env, os.getcwd(), out.name, err.name)
            process = self.context.Process(target=_work, args=work)
            process.start()
            process.join()
            return subprocess.CompletedProcess(command, process.exitcode, out.read(), err.read())
