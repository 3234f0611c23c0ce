"""Each job has GPUs of its own, on pretended devices: no two jobs on one, none locked after a crash."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sublearn.models import gpu_lock

# A job: it leaves a file of its own name for each device while it works, and fails if another job's is there.
JOB = """
import os, pathlib, sys, time
places = [pathlib.Path(sys.argv[1], name) for name in os.environ["CUDA_VISIBLE_DEVICES"].split(",")]
for place in places:
    place.touch(exist_ok=False)
time.sleep(float(sys.argv[2]))
for place in places:
    place.unlink()
print(os.environ["CUDA_VISIBLE_DEVICES"])
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a job that asks for so many of two pretended GPUs and works for so many seconds."""
    (tmp_path / "busy").mkdir()
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)

    def start(asked: int, seconds: float = 0.2, busy: Path = tmp_path / "busy", **environment: str) -> subprocess.Popen:
        path = {"PYTHONPATH": str(Path("workflow").absolute()), "TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": "0,1"}
        command = [sys.executable, "-m", "sublearn.models.gpu_lock", str(asked), sys.executable, "-c", JOB]
        return subprocess.Popen(
            [*command, str(busy), str(seconds)],
            env=os.environ | path | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


def finish(job: subprocess.Popen) -> str:
    said, problem = job.communicate(timeout=60)
    assert job.returncode == 0, problem
    return said.strip()


def wait_until(reached, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_two_jobs_share_a_device(start):
    """Ten jobs that ask for one or for both: each would fail if it met another, and none waits for ever."""
    jobs = [start(1 + number % 3 // 2) for number in range(10)]
    said = [finish(job) for job in jobs]
    assert {*said} <= {"0", "1", "0,1"}
    assert said.count("0,1") == 3


def test_two_jobs_work_at_the_same_time(start, tmp_path):
    jobs = [start(1, 20), start(1, 20)]
    wait_until(lambda: {place.name for place in (tmp_path / "busy").iterdir()} == {"0", "1"})
    for job in jobs:
        job.kill()
        job.communicate()


def test_jobs_share_a_device_where_they_are_told_to(start, tmp_path):
    """Of four that ask for one of two devices, two go to each; what asks for both has two different ones."""
    shared = {"SUBLEARN_JOBS_PER_GPU": "3"}
    places = [tmp_path / "jobs" / str(number) for number in range(5)]
    jobs = []
    for asked, place in zip((1, 1, 1, 1, 2), places, strict=True):
        (place / "busy").mkdir(parents=True)
        jobs.append(start(asked, 20, busy=place / "busy", **shared))
        wait_until(lambda here=place, asked=asked: len(list((here / "busy").iterdir())) == asked)
    taken = [sorted(device.name for device in (place / "busy").iterdir()) for place in places]
    for job in jobs:
        job.kill()
        job.communicate()
    assert sorted(taken) == [["0"], ["0"], ["0", "1"], ["1"], ["1"]]


def test_a_number_of_jobs_that_is_none_is_said(start):
    job = start(1, SUBLEARN_JOBS_PER_GPU="many")
    said = job.communicate(timeout=60)[1]
    assert said == "error: gpu: SUBLEARN_JOBS_PER_GPU: found 'many'; a whole number from 1 is right.\n"
    assert job.returncode == 1


def test_a_crash_leaves_no_device_locked(start, tmp_path):
    crashed = start(2, 60)
    wait_until(lambda: len(list((tmp_path / "busy").iterdir())) == 2)
    waiting = start(2)
    time.sleep(0.5)
    assert waiting.poll() is None
    crashed.send_signal(signal.SIGKILL)
    assert crashed.wait() == -signal.SIGKILL
    for place in (tmp_path / "busy").iterdir():
        place.unlink()  # the crashed job could not
    assert finish(waiting) == "0,1"


def test_what_a_scheduler_gave_is_left_alone(start):
    """On another node of the allocation may be the rest of what was asked for."""
    assert finish(start(1, SLURM_JOB_ID="7", CUDA_VISIBLE_DEVICES="1")) == "1"
    assert finish(start(4, SLURM_JOB_ID="8", CUDA_VISIBLE_DEVICES="1")) == "1"


def test_more_than_there_are_is_refused(start):
    problem = start(3).communicate()[1]
    assert problem == "error: gpu: the job asks for 3 and this machine has 2; ask for no more in its profile.\n"


def test_a_job_without_a_gpu_sees_what_it_saw(start):
    assert finish(start(0)) == "0,1"


@pytest.mark.parametrize(
    ("visible", "devices"),
    [
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("2, 0,-1,1", ["2", "0"]),
        ("GPU-8f,MIG-2/1/0", ["GPU-8f", "MIG-2/1/0"]),
        ("1,1", ["1"]),
    ],
)
def test_devices_are_those_that_cuda_would_see(monkeypatch, visible, devices):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_lock.found() == devices


def test_a_job_computes_on_the_processor_where_devices_are_hidden(start):
    assert finish(start(2, CUDA_VISIBLE_DEVICES="-1")) == "-1"


def test_a_user_without_a_name_has_locks(monkeypatch, tmp_path):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert gpu_lock.take(1, ["0"]) == ["0"]


def test_a_folder_of_locks_that_cannot_be_is_named(start, tmp_path):
    (tmp_path / f"sublearn-gpus-{os.getuid()}").write_text("")
    said = start(1).communicate()[1]
    assert said.startswith("error: gpu: ") and "sublearn-gpus" in said and "Traceback" not in said
