"""The micro study through profiles/slurm on a real SLURM of one node: the same bytes as here, and nothing rerun elsewhere."""

import re
import shutil
import sys

import pytest
from support.slurm import CLUSTER

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("micro")]
TWO_PROCESSES = ("--set-resources", "students_micro:processes=2", "students_micro:cpus_per_task=2")
LONG = {"bases", "teachers", "raw", "students", "answers", "coverage"}


@pytest.fixture(scope="module")
def submitted(slurm, tmp_path_factory, clone):
    """The micro study made by SLURM from nothing, two processes for each student, all of it in folders with a space."""
    made = clone(tmp_path_factory.mktemp("a cluster"))
    environment = tmp_path_factory.mktemp("here too") / "environment"
    environment.symlink_to(sys.prefix)
    made.python = str(environment / "bin/python")
    made.said = made.snakemake(*CLUSTER, *TWO_PROCESSES, study="micro").stderr
    return made


@pytest.fixture(scope="module")
def local(micro, tmp_path_factory):
    """The same made here: what does not follow from the students is that of the micro study."""
    made = micro.copied(tmp_path_factory.mktemp("here") / "a copy")
    made.snakemake("--cores", "2", "--forcerun", "students_micro", *TWO_PROCESSES, study="micro")
    return made


def test_slurm_runs_what_is_long_and_arrays_what_is_alike(submitted):
    phases = dict(re.findall(r"^Job (\d+): (\w+) of micro", submitted.said, re.MULTILINE))
    alone = re.findall(r"^Job (\d+) has been submitted", submitted.said, re.MULTILINE)
    arrays = [ids.split(",") for ids in re.findall(r"array job with Snakemake IDs ([\d,]+)", submitted.said)]
    assert {phases[job] for jobs in [alone, *arrays] for job in jobs} == LONG
    assert any({phases[job] for job in jobs} == {"teachers"} and len(jobs) > 1 for jobs in arrays)


def test_the_bytes_are_those_of_a_local_run(submitted, local):
    one, two = submitted.made("micro"), local.made("micro")
    assert one.keys() == two.keys()
    assert [name for name in sorted(one) if one[name] != two[name]] == []


def test_another_profile_reruns_nothing(submitted):
    for options in (["--cores", "2"], ["--profile", "profiles/workstation"], ["--profile", "profiles/slurm"]):
        assert submitted.planned(*options, study="micro") == set()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--default-resources", "slurm_partition=gpus"], "slurm_partition: the cluster has no 'gpus'; there are main."),
        (["--set-resources", "bases_micro:gpu=3"], "gpu: bases_micro asks for 3 on a node, but the best node"),
        (["--default-resources", "slurm_partion=main"], "did you mean slurm_partition?"),
    ],
)
def test_a_mistake_is_one_sentence_and_submits_nothing(slurm, fresh, options, sentence):
    done = fresh.snakemake(*CLUSTER, *options, study="micro", check=False)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1 and sentence in said[0]
    assert "Traceback" not in done.stderr and "has been submitted" not in done.stderr


def test_an_unknown_key_of_a_profile_is_named(fresh):
    with fresh.edited("profiles/slurm/profile.yaml", "retries: 2", "slurm-partion: main"):
        done = fresh.snakemake("--profile", "profiles/slurm", study="micro", check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("error: unrecognized arguments: --slurm-partion=main")


def test_without_slurm_the_profile_says_so(fresh, monkeypatch, tmp_path):
    monkeypatch.setattr("os.defpath", str(tmp_path))  # what the clone's commands have for a path
    for name in ("bash", "sh", "git", "which"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = fresh.snakemake("--profile", "profiles/slurm", study="micro", check=False)
    assert done.returncode == 1
    assert "error: SLURM is not installed here" in done.stderr and "Traceback" not in done.stderr
