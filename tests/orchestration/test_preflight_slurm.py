"""What is wrong with a cluster is said before anything is submitted, in one sentence; SLURM's commands are scripts here."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from sublearn.core.errors import UserError
from sublearn.orchestration import preflight_slurm

NODES = r"""printf 'main|gpu:a100:4(S:0-1)\nmain|(null)\nlong|gpu:2,mps:100\ncpu|(null)\n'"""


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Put scripts of these names first on the path, with these bodies."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)

    def write(**bodies: str) -> None:
        for name, body in bodies.items():
            (place / name).write_text(f"#!/bin/sh\n{body}\n")
            (place / name).chmod(0o755)

    write(
        scontrol="echo 'MaxArraySize            = 1001'",
        sbatch="exit 0",
        scancel="exit 0",
        squeue="exit 0",
        sinfo=NODES,
        srun='while [ "$1" != sh ]; do shift; done; exec "$@"',
        stat="echo nfs",
    )
    return write


def verdict(
    executor: str = "slurm", jobs: int = 1, at_once: int = 5000, arrays: str = "all", limit: int = 40, **resources: object
) -> str:
    """What the check says of so many jobs that ask for these resources."""
    job = SimpleNamespace(rule=SimpleNamespace(name="students_tiny"), resources=resources, is_local=False)
    workflow = SimpleNamespace(
        executor_plugin=SimpleNamespace(name=executor),
        executor_settings=SimpleNamespace(array_jobs=arrays, array_limit=limit),
        nodes=at_once,
        dag=SimpleNamespace(needrun_jobs=lambda: [job] * jobs),
    )
    try:
        preflight_slurm.check(workflow)
    except UserError as error:
        return f"error: {error}"
    return "ready"


def test_what_a_cluster_can_do_is_let_pass(commands):
    assert verdict(mem_mb=1500, runtime=60, gpu=4, processes=4, slurm_partition="main", tmpdir="/tmp") == "ready"
    assert verdict(gpu=8, nodes=2, processes=8, slurm_partition="main") == "ready"
    assert verdict(gpu=0) == "ready"


def test_where_there_is_no_slurm(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert verdict() == (
        "error: SLURM is not installed here (no sbatch, scancel, scontrol, sinfo, squeue, srun); "
        "run on a login node, or without a profile."
    )
    assert verdict(executor="local") == "ready"


def test_a_program_that_is_not_there_is_named(commands, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert verdict() == "ready"
    (tmp_path / "bin/stat").unlink()
    assert verdict().startswith("error: stat: not on the PATH, but needed to check the cluster;")
    for name in ("scontrol", "srun"):
        (tmp_path / "bin" / name).unlink()
    assert verdict().startswith("error: a part of SLURM is not installed here (no scontrol, srun);")


def test_a_controller_that_is_down(commands):
    commands(sinfo="echo 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1")
    assert verdict() == (
        "error: SLURM does not answer (slurm_load_partitions: Unable to contact slurm controller); is its controller up?"
    )


def test_a_wrong_partition(commands):
    assert verdict(slurm_partition="gpus") == "error: slurm_partition: the cluster has no 'gpus'; there are cpu, long, main."
    commands(sinfo="exit 0")
    assert verdict(slurm_partition="gpus").endswith("has no 'gpus'; sinfo lists none, so ask who runs the cluster.")


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ({"slurm_partition": "long", "gpu": 3}, "asks for 3 on a node, but the best node of partition long has 2"),
        ({"gpu": 5}, "asks for 5 on a node, but the best node of this cluster has 4"),
        ({"gpu": 9, "nodes": 2}, "asks for 5 on a node, but the best node of this cluster has 4"),
        ({"slurm_partition": "cpu", "gpu": 1}, "asks for 1 on a node, but the best node of partition cpu has 0"),
    ],
)
def test_more_gpus_than_a_node_has(commands, resources, sentence):
    assert verdict(**resources) == f"error: gpu: students_tiny {sentence}; ask for fewer."


def test_a_misspelt_resource(commands):
    assert verdict(slurm_partion="main") == (
        "error: slurm_partion: a resource of students_tiny that neither SLURM's executor nor a rule knows; "
        "did you mean slurm_partition?"
    )


def test_arrays_that_would_never_be_submitted(commands):
    assert verdict(jobs=1000) == verdict(jobs=2000, arrays="teachers_tiny") == verdict(jobs=2000, arrays=None) == "ready"
    sentence = "error: slurm-array-jobs: students_tiny has {} jobs, but {}; leave it out of the profile for such a study."
    assert verdict(jobs=1001) == sentence.format(1001, "this cluster's arrays hold 1000")
    assert verdict(jobs=9, at_once=8, arrays="teachers_tiny, students_tiny") == sentence.format(9, "only 8 may run at once")
    assert verdict(jobs=60, limit=1000) == verdict(jobs=100, limit=1000, arrays="teachers_tiny") == "ready"
    assert verdict(jobs=100, limit=1000) == (
        "error: slurm-array-limit: found 1000, but the commands of so many jobs of students_tiny are too long; 40 is right."
    )


def test_a_folder_that_no_node_sees(commands, tmp_path):
    commands(stat="echo ext2/ext3")
    assert verdict() == "ready"
    commands(srun="exit 42")
    assert verdict() == (
        f"error: {tmp_path}: the cluster's nodes do not see this folder (it lies on ext2/ext3 of this machine); "
        "work in one that all share."
    )
    commands(srun="exit 1")  # no node was free to look
    assert verdict() == "ready"
    assert list(Path(".snakemake").iterdir()) == []
