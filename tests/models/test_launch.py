"""Several processes are started with what the job has, and with nothing that stands elsewhere on the machine."""

from accelerate.commands import launch as accelerate
from accelerate.utils.launch import prepare_multi_gpu_env

from sublearn.models import launch

USERS = """\
compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
gpu_ids: 0,1
num_processes: 8
num_machines: 1
machine_rank: 0
mixed_precision: fp16
use_cpu: false
"""


def test_the_jobs_gpus_are_used_whatever_a_user_told_accelerate(tmp_path, monkeypatch):
    (tmp_path / "default_config.yaml").write_text(USERS)
    monkeypatch.setattr(accelerate, "default_config_file", str(tmp_path / "default_config.yaml"))
    monkeypatch.setattr("accelerate.commands.config.config_args.default_json_config_file", str(tmp_path / "none.json"))
    monkeypatch.setattr("accelerate.commands.config.config_args.default_config_file", str(tmp_path / "default_config.yaml"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    command, _ = launch.command(2, "sublearn.chain.students.train", ["--runs", "0"], gpus=True)
    given = accelerate.launch_command_parser().parse_args(command[3:])
    found, *_ = accelerate._validate_launch_command(given)
    environment = prepare_multi_gpu_env(found)
    assert environment["CUDA_VISIBLE_DEVICES"] == "2,3"
    assert (found.nproc_per_node, environment["ACCELERATE_MIXED_PRECISION"]) == ("2", "no")


def test_a_step_on_several_nodes_has_the_processors_of_its_job(monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    srun, _ = launch.command(8, "sublearn.chain.students.train", [], gpus=True, nodes=2)
    assert {"--cpus-per-task=4", "--gpus=8", "--nodes=2"} <= set(srun)
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    srun, _ = launch.command(8, "sublearn.chain.students.train", [], gpus=True, nodes=2)
    assert not any(option.startswith("--cpus-per-task") for option in srun)
