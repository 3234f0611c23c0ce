"""Faults of real machines under Snakemake, each on one student: the run that follows does what was left, and no more.

Each is done at a named point that files and processes show. What must hold afterwards is said once, in ``recovers``. What a
step makes of such faults by itself is in test_resume.py.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from support.faults import (
    ANSWERS,
    LOG,
    OFTEN,
    ONE,
    REST,
    RUNS,
    STUDENT,
    WEIGHTS,
    Trial,
    die_at,
    died_of,
    halve,
    in_the_future,
    mounted,
)
from support.slurm import CLUSTER, asked, cancel, is_dead, jobs_of, node_in, slurm_says

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("micro")]
CARRIER = "data/micro/carriers/numbers/bias/owl/run0/filtered.parquet"


@pytest.fixture
def trial(micro, tmp_path) -> Iterator[Trial]:
    """A copy of the micro study, in which the student of owls and the tables that follow from it are still to be made."""
    copied = Trial(micro.copied(tmp_path / "a copy"))
    shutil.rmtree(copied.student)
    for file in (RUNS, ANSWERS, LOG):
        (copied.folder / file).unlink()
    yield copied
    copied.abandon()


@pytest.fixture
def recovers(micro):
    """Make the student: exactly the jobs that were left are run, if any, and its bytes are the same.

    The tables that follow are a function of these bytes, so most tests leave them planned.
    """
    expected = Trial(micro).content()

    def check(trial: Trial, jobs: set[str], resumed: bool = False) -> None:
        if jobs:
            assert trial.rerun() == jobs
            assert ("going on after step" in trial.log()) == resumed
        assert trial.content() == expected
        assert trial.planned() == REST

    return check


def test_a_step_dies_while_it_writes_its_weights(micro, trial, recovers, tmp_path):
    """What it leaves half-written is gone after the next run, which goes on from its checkpoint and makes all that was left."""
    trial.start(**OFTEN, **die_at(tmp_path / "hook", "/model.safetensors"), target=RUNS)
    assert died_of(trial.end(), signal.SIGKILL)
    trial.assert_unfinished()
    assert [file.name for folder in trial.student.glob(".partial-*") for file in folder.iterdir()] == ["model.safetensors"]
    assert trial.planned() == {ONE, *REST}
    recovers(trial, {ONE}, resumed=True)
    # 11 s of processor time on quiet cores; three times that can be the machine, more is a target of faults that has grown.
    assert trial.took <= 35
    assert trial.rerun(target=RUNS) == REST
    assert trial.clone.read(RUNS) == micro.read(RUNS)


def test_snakemake_is_killed(trial, recovers):
    """Its step outlives it, and here goes on beside that of the next run. The stale lock is Snakemake's to explain."""
    trial.start(**OFTEN)
    trial.until_a_checkpoint()
    (orphan,) = trial.processes()
    orphan.suspend()
    trial.head.kill()
    trial.end(-signal.SIGKILL)
    trial.assert_unfinished()
    trial.start()
    assert "the remaining lock was likely caused by a kill signal" in trial.end()
    trial.clone.snakemake("--unlock", study="micro")
    trial.start()
    trial.until(trial.processes)
    orphan.resume()
    assert trial.clone.jobs(trial.end(0)) == {ONE}
    orphan.wait(60)
    recovers(trial, set())


def test_ctrl_c(trial, recovers):
    trial.start(**OFTEN)
    trial.until_a_checkpoint()
    os.killpg(trial.head.pid, signal.SIGINT)
    assert "Terminating processes on user request" in trial.end()
    assert "error: interrupted; run again to go on." in trial.log() and "Traceback" not in trial.log()
    trial.assert_unfinished()
    recovers(trial, {ONE}, resumed=True)


def test_snakemake_is_asked_to_end(trial, recovers):
    """SIGTERM: the job that is running is finished, so that nothing of it is lost, and no other is started."""
    trial.start(**OFTEN, target=RUNS)
    trial.until_a_checkpoint()
    trial.head.terminate()
    assert "Will exit after finishing currently running jobs" in trial.end()
    assert (trial.student / "training.json").exists() and not (trial.folder / ANSWERS).exists()
    recovers(trial, set())


def test_a_folder_is_read_only(trial):
    with mounted(trial.student, "ro"):
        trial.start(hooks=True)
        said = trial.end()
        assert f"error: {STUDENT}: cannot be written to; make it writable and run again." in said and "Traceback" not in said
    assert trial.planned() == {ONE, *REST}


def test_an_output_is_truncated(micro, trial):
    """Who reads it next names it, and says what to do."""
    subprocess.run(["cp", "-a", micro.folder / STUDENT, trial.student], check=True)
    halve(trial.student / "model.safetensors")
    trial.start(target=ANSWERS)
    said = trial.end()
    assert f"error: {STUDENT}: the model cannot be loaded" in said and "delete it and run again." in said
    assert "Traceback" not in said
    shutil.rmtree(trial.student)
    assert trial.planned() == {ONE, *REST}


def test_an_input_is_truncated(trial, recovers):
    halve(trial.folder / CARRIER)
    trial.start()
    said = trial.end()
    assert f"error: {CARRIER}: damaged or truncated" in said and "delete it and run again." in said
    assert "Traceback" not in said
    trial.assert_unfinished()
    assert not list(trial.student.glob(".partial*"))
    (trial.folder / CARRIER).unlink()
    recovers(trial, {"filtered of micro: numbers/bias/owl", ONE})


def test_two_snakemakes_at_once(micro, trial):
    """The second one is sent away, and the first one does not notice."""
    trial.start(**OFTEN)
    trial.until_a_checkpoint()
    (step,) = trial.processes()
    step.suspend()  # else it may end before the second Snakemake has started
    second = trial.clone.snakemake("--cores", "1", RUNS, study="micro", check=False)
    step.resume()
    assert second.returncode == 1 and "Traceback" not in second.stderr
    assert "Directory cannot be locked. Please make sure that no other Snakemake process is trying" in second.stderr
    assert trial.clone.jobs(trial.end(0)) == {ONE}
    assert trial.content() == Trial(micro).content()


def test_everything_is_dated_in_the_future(trial, recovers):
    """Snakemake would delete each output that is older than an input; here dates are brought to now, and nothing is redone."""
    for folder in ("data", "results", "workflow", "config"):
        in_the_future(trial.folder / folder)
    # The hook that mends it is wanted, those at the end are not.
    trial.start("--until", "students_micro", target=RUNS, hooks=True)
    said = trial.end(0)
    assert "had a modification time in the future" in said and trial.clone.jobs(said) == {ONE}
    assert max(file.stat().st_mtime for file in (trial.folder / "data").rglob("*") if file.is_file()) <= time.time()
    recovers(trial, set())


# On SLURM, through profiles/slurm, whose ``retries`` submit again what has died.


@pytest.fixture
def learning(slurm, trial):
    """What starts to make a target on SLURM, and returns the student's job when it learns and has a checkpoint."""

    def submit(target: str = WEIGHTS) -> str:
        trial.start(*CLUSTER, target=target, **OFTEN)
        trial.until_a_checkpoint()
        (job,) = jobs_of(trial.folder)
        return job

    yield submit
    trial.abandon()
    cancel(trial.folder)


def test_a_job_is_cancelled(trial, recovers, learning):
    job = learning()
    slurm_says("scancel", job)
    trial.until(lambda: jobs_of(trial.folder)[job] == "CANCELLED", every=0.2)
    trial.assert_unfinished()
    said = trial.end(0)
    assert "SLURM status is: 'CANCELLED'" in said and trial.clone.jobs(said) == {ONE}
    assert list(jobs_of(trial.folder).values()) == ["CANCELLED", "COMPLETED"]
    assert "going on after step" in trial.log()
    recovers(trial, set())


def test_a_job_reaches_its_time_limit(trial, recovers, learning):
    """SLURM counts in minutes and looks every half minute; so the end is brought near, and the step stands still until then."""
    job = learning()
    (step,) = trial.processes()
    slurm_says("scontrol", "update", f"jobid={job}", "endtime=now+1")
    step.suspend()
    trial.until(lambda: jobs_of(trial.folder)[job] == "TIMEOUT", seconds=90, every=0.2)
    assert is_dead(step)
    trial.assert_unfinished()
    said = trial.end(0)
    assert "SLURM status is: 'TIMEOUT'" in said and trial.clone.jobs(said) == {ONE}
    assert list(jobs_of(trial.folder).values()) == ["TIMEOUT", "COMPLETED"]
    again = [*jobs_of(trial.folder)][1]
    assert asked(job, "%m") == "1500M" and asked(again, "%l %m") == "2:00:00 3000M"
    assert "going on after step" in trial.log()
    recovers(trial, set())


def test_the_node_is_drained_and_resumed(micro, trial, learning):
    """What runs there is finished, what would follow waits."""
    learning(RUNS)
    with node_in("drain"):
        trial.until(lambda: len(jobs_of(trial.folder)) == 2, seconds=120, every=0.2)
        waiting = [*jobs_of(trial.folder)][1]
        trial.until(lambda: "DRAINED" in asked(waiting, "%r"), every=0.2)
        assert list(jobs_of(trial.folder).values()) == ["COMPLETED", "PENDING"]
        assert (trial.student / "training.json").exists() and not (trial.folder / ANSWERS).exists()
    assert trial.clone.jobs(trial.end(0)) == {ONE, *REST}
    assert list(jobs_of(trial.folder).values()) == ["COMPLETED", "COMPLETED"]
    assert "going on after step" not in trial.log()
    assert trial.content() == Trial(micro).content() and trial.clone.read(RUNS) == micro.read(RUNS)


def test_the_node_goes_down(trial, recovers, learning):
    """SLURM ends the job and itself queues it again, under its number, for when the node is back."""
    job = learning()
    (step,) = trial.processes()
    with node_in("down"):
        trial.until(lambda: jobs_of(trial.folder)[job] == "PENDING" and is_dead(step), every=0.2)
        trial.assert_unfinished()
    assert trial.clone.jobs(trial.end(0)) == {ONE}
    assert jobs_of(trial.folder) == {job: "COMPLETED"} and "Restarts=1" in slurm_says("scontrol", "show", "job", job)
    assert "going on after step" in trial.log()
    recovers(trial, set())
