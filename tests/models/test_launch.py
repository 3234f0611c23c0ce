"""Several processes are started with what the job has, and with nothing that stands elsewhere on the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sublearn.models import launch

# What a user's `accelerate config` has written, damaged.
USERS = "compute_environment: LOCAL_MACHINE\nnum_processes: [8\n"
# What the launcher of another job has left, such as one in whose notebook this one is started.
LEFT = {
    "RANK": "1", "WORLD_SIZE": "9", "LOCAL_RANK": "1", "MASTER_ADDR": "nowhere", "MASTER_PORT": "1", "PET_NNODES": "3",
    "TORCHELASTIC_USE_AGENT_STORE": "False", "OMP_NUM_THREADS": "1,1", "ACCELERATE_USE_FSDP": "true",
}  # fmt: skip
# A step: each process says what it knows, and that it can speak with the others.
STEP = """
import json, os, sys
import torch
from sublearn.core import cli, inherited
inherited.clear()
torch.distributed.init_process_group("gloo")
together = torch.ones(1)
torch.distributed.all_reduce(together)
left = [name for name in os.environ if name.startswith("ACCELERATE_")]
said = [cli.is_main(), inherited.processes(), together.item(), sys.argv, left]
with open(f"{sys.argv[1]}/{os.environ['RANK']}.json", "w") as file:
    json.dump(said, file)
torch.distributed.destroy_process_group()
"""


def test_processes_work_together_whatever_else_was_left(tmp_path):
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/a_step.py").write_text(STEP)
    (tmp_path / "accelerate").mkdir()
    (tmp_path / "accelerate/default_config.yaml").write_text(USERS)
    path = os.pathsep.join([str(Path(__file__).parents[2] / "workflow"), str(tmp_path / "modules")])
    command = [sys.executable, "-m", "sublearn.models.launch", "2@1", "a_step", str(tmp_path)]
    environment = os.environ | LEFT | {"PYTHONPATH": path, "HF_HOME": str(tmp_path), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    said = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1)]
    assert said == [[is_main, 2, 2.0, ["a_step", str(tmp_path)], []] for is_main in (True, False)]


def test_a_step_on_several_nodes_has_the_processors_of_its_job(monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    srun = launch.command(8, "sublearn.chain.students.train", [], gpus=True, nodes=2)
    assert {"--cpus-per-task=4", "--gpus=8", "--nodes=2"} <= set(srun)
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    srun = launch.command(8, "sublearn.chain.students.train", [], gpus=True, nodes=2)
    assert not any(option.startswith("--cpus-per-task") for option in srun)
