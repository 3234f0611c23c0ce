"""Faults of real machines, each on one student: the run that follows does what was left, and ends with the same bytes.

Each is done at a named point that files and processes show. What must hold afterwards is said once, in ``recovers``.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from support.faults import CHECKPOINT, LOG, OFTEN, ONE, REST, RUNS, STUDENT, STUDY, Place, die_at, died_of, in_the_future, mounted
from support.slurm import CLUSTER, asked, cancel, is_dead, jobs_of, node_in, slurm_says

pytestmark = pytest.mark.slow
CARRIER = "data/smoke/carriers/bias/owl/run0/kept.parquet"
WEIGHTS = f"{STUDENT}/model.safetensors"
CONTROL = WEIGHTS.replace("owl", "neutral")
TWO = ("--set-resources", "students_micro:processes=2")


@pytest.fixture(scope="module")
def undisturbed(smoke, tmp_path_factory) -> Place:
    """The micro study made with nothing in its way, on what the smoke study has made already: the control, then the target."""
    place = Place(smoke.copied(tmp_path_factory.mktemp("faults") / "a clone"))
    (place.folder / "config/studies/micro.yaml").write_text(STUDY)
    place.rerun(target=CONTROL)
    assert place.rerun() == {ONE, *REST}
    return place


@pytest.fixture
def place(undisturbed, tmp_path) -> Iterator[Place]:
    """A copy of it, in which the student of owls and all that follows from it are still to be made."""
    copied = Place(undisturbed.clone.copied(tmp_path / "a copy"))
    shutil.rmtree(copied.student)
    for file in (RUNS, "results/micro/evaluations/same_base.parquet", LOG):
        (copied.folder / file).unlink()
    yield copied
    copied.abandon()


@pytest.fixture
def recovers(undisturbed):
    """Run again: exactly the jobs that were left are run, and every byte is that of the undisturbed study."""
    expected = undisturbed.content()

    def check(place: Place, jobs: set[str], *args: str, resumed: bool = False, like: dict[str, bytes] = expected) -> None:
        assert place.rerun(*args) == jobs
        assert place.content() == like
        if ONE in jobs:
            assert ("going on after step" in place.log()) == resumed

    return check


def test_the_target_of_all_faults_is_small(undisturbed):
    """16 s of processor time on quiet cores; three times that can be the machine, more is a target that has grown."""
    assert undisturbed.took <= 60


def test_a_step_is_killed_while_it_learns(place, recovers):
    place.start(**OFTEN)
    place.until_a_checkpoint()
    (step,) = place.processes()
    step.kill()
    assert died_of(place.end(), signal.SIGKILL)
    place.assert_unfinished()
    recovers(place, {ONE, *REST}, resumed=True)


def test_snakemake_is_killed(place, recovers):
    """Its step outlives it, and here goes on beside that of the next run. The stale lock is Snakemake's to explain."""
    place.start(**OFTEN)
    place.until_a_checkpoint()
    (orphan,) = place.processes()
    orphan.suspend()
    place.head.kill()
    place.end(-signal.SIGKILL)
    place.assert_unfinished()
    place.start()
    assert "the remaining lock was likely caused by a kill signal" in place.end()
    place.clone.snakemake("--unlock", study="micro")
    place.start()
    place.until(place.processes)
    orphan.resume()
    assert place.clone.jobs(place.end(0)) == {ONE, *REST}
    orphan.wait(60)
    recovers(place, set())


def test_a_worker_of_two_is_killed(place, recovers, tmp_path):
    """Its launcher ends the other one. Two processes add in another order than one, so they are compared with two."""
    alone = Place(place.clone.copied(tmp_path / "another copy"))
    assert alone.rerun(*TWO) == {ONE, *REST}
    place.start(*TWO, **OFTEN)
    place.until_a_checkpoint()
    workers = place.processes()
    assert len(workers) == 2
    next(worker for worker in workers if worker.environ()["RANK"] == "1").kill()
    place.end()
    assert "Signal 9 (SIGKILL) received by PID" in place.log()
    assert not any(worker.is_running() for worker in workers)
    place.assert_unfinished()
    recovers(place, {ONE, *REST}, *TWO, resumed=True, like=alone.content())


def test_ctrl_c(place, recovers):
    place.start(**OFTEN)
    place.until_a_checkpoint()
    os.killpg(place.head.pid, signal.SIGINT)
    assert "Terminating processes on user request" in place.end()
    assert "error: interrupted; run again to go on." in place.log() and "Traceback" not in place.log()
    place.assert_unfinished()
    recovers(place, {ONE, *REST}, resumed=True)


def test_snakemake_is_asked_to_end(place, recovers):
    """SIGTERM: the job that is running is finished, so that nothing of it is lost, and no other is started."""
    place.start(**OFTEN)
    place.until_a_checkpoint()
    place.head.terminate()
    assert "Will exit after finishing currently running jobs" in place.end()
    assert (place.student / "training.json").exists() and not (place.folder / RUNS).exists()
    recovers(place, REST)


def test_a_step_dies_while_it_writes_a_checkpoint(place, recovers, tmp_path):
    """With half of the second one written it goes on from the first."""
    place.start(**OFTEN, **die_at(tmp_path / "hook", "/student.safetensors", 2))
    assert died_of(place.end(), signal.SIGKILL)
    place.assert_unfinished()
    assert (place.student / CHECKPOINT).exists() and list(place.student.glob(".checkpoints/.student.*.partial.safetensors"))
    recovers(place, {ONE, *REST}, resumed=True)


def test_a_step_dies_while_it_writes_its_weights(place, recovers, tmp_path):
    """What it leaves half-written is gone after the next run; ``recovers`` looks at hidden files too."""
    place.start(**die_at(tmp_path / "hook", "/model.safetensors"))
    assert died_of(place.end(), signal.SIGKILL)
    place.assert_unfinished()
    assert [file.name for folder in place.student.glob(".partial-*") for file in folder.iterdir()] == ["model.safetensors"]
    recovers(place, {ONE, *REST})


def test_a_checkpoint_is_damaged(place, recovers):
    place.start(**OFTEN)
    place.until_a_checkpoint()
    (step,) = place.processes()
    step.kill()
    assert died_of(place.end(), signal.SIGKILL)
    file = place.student / CHECKPOINT
    content = bytearray(file.read_bytes())
    content[-8] ^= 1
    file.write_bytes(content)
    recovers(place, {ONE, *REST})
    assert f"{STUDENT}/{CHECKPOINT}: not readable" in place.log() and "training starts anew" in place.log()


@pytest.mark.parametrize(("what", "size"), [("weights", "100k"), ("a checkpoint", "4k")])
def test_the_disk_is_full(place, recovers, what, size):
    with mounted(place.student, f"size={size}") as remount:
        place.start(**OFTEN)
        said = place.end()
        assert ": the disk is full; nothing was written. Free some space and run again." in said
        assert "Traceback" not in place.log()
        place.assert_unfinished()
        assert not [file for file in place.student.rglob(".*") if "partial" in file.name]
        remount("size=20m")
        recovers(place, {ONE, *REST}, resumed=what == "weights")


def test_a_folder_is_read_only(place, recovers):
    with mounted(place.student, "ro"):
        place.start(hooks=True)
        said = place.end()
        assert f"error: {STUDENT}: cannot be written to; make it writable and run again." in said and "Traceback" not in said
    recovers(place, {ONE, *REST})


def test_an_output_is_truncated(undisturbed, place, recovers):
    """Who reads it next names it, and says what to do."""
    subprocess.run(["cp", "-a", undisturbed.student, place.student], check=True)
    halve(place.student / "model.safetensors")
    place.start()
    said = place.end()
    assert f"error: {STUDENT}: the model cannot be loaded" in said and "delete it and run again." in said
    assert "Traceback" not in said
    shutil.rmtree(place.student)
    recovers(place, {ONE, *REST})


def test_an_input_is_truncated(place, recovers):
    halve(place.folder / CARRIER)
    place.start()
    said = place.end()
    assert f"error: {CARRIER}: damaged or truncated" in said and "delete it and run again." in said
    assert "Traceback" not in said
    place.assert_unfinished()
    (place.folder / CARRIER).unlink()
    recovers(place, {"kept of smoke: bias/owl", ONE, *REST})


def test_two_snakemakes_at_once(undisturbed, place):
    """The second one is sent away, and the first one does not notice."""
    place.start()
    place.until((place.folder / LOG).exists)
    second = place.clone.snakemake("--cores", "1", RUNS, study="micro", check=False)
    assert second.returncode == 1 and "Traceback" not in second.stderr
    assert "Directory cannot be locked. Please make sure that no other Snakemake process is trying" in second.stderr
    assert place.clone.jobs(place.end(0)) == {ONE, *REST}
    assert place.content() == undisturbed.content()


def test_everything_is_dated_in_the_future(place, recovers):
    """Snakemake would delete each output that is older than an input; here dates are brought to now, and nothing is redone."""
    for folder in ("data", "results", "workflow", "config"):
        in_the_future(place.folder / folder)
    # The hook that mends it is wanted, those at the end are not.
    place.start("--until", "students_micro", hooks=True)
    said = place.end(0)
    assert "had a modification time in the future; reset to now" in said and place.clone.jobs(said) == {ONE}
    assert max(file.stat().st_mtime for file in (place.folder / "data").rglob("*") if file.is_file()) <= time.time()
    recovers(place, REST)


# On SLURM, through profiles/slurm, whose ``retries`` submit again what has died. The student is all that is asked for there;
# the rest is then made here, on the same files.


@pytest.fixture
def learning(slurm, place):
    """What starts to make a target on SLURM, and returns the student's job when it learns and has a checkpoint."""

    def submit(target: str) -> str:
        place.start(*CLUSTER, target=target, **OFTEN)
        place.until_a_checkpoint()
        (job,) = jobs_of(place.folder)
        return job

    yield submit
    place.abandon()
    cancel(place.folder)


def test_a_job_is_cancelled(place, recovers, learning):
    job = learning(WEIGHTS)
    slurm_says("scancel", job)
    place.until(lambda: jobs_of(place.folder)[job] == "CANCELLED", every=0.2)
    place.assert_unfinished()
    said = place.end(0)
    assert "SLURM status is: 'CANCELLED'" in said and place.clone.jobs(said) == {ONE}
    assert list(jobs_of(place.folder).values()) == ["CANCELLED", "COMPLETED"]
    assert "going on after step" in place.log()
    recovers(place, REST)


def test_a_job_reaches_its_time_limit(place, recovers, learning):
    """SLURM counts in minutes and looks every half minute; so the end is brought near, and the step stands still until then."""
    job = learning(WEIGHTS)
    (step,) = place.processes()
    slurm_says("scontrol", "update", f"jobid={job}", "endtime=now+1")
    step.suspend()
    place.until(lambda: jobs_of(place.folder)[job] == "TIMEOUT", seconds=90, every=0.2)
    assert is_dead(step)
    place.assert_unfinished()
    said = place.end(0)
    assert "SLURM status is: 'TIMEOUT'" in said and place.clone.jobs(said) == {ONE}
    assert list(jobs_of(place.folder).values()) == ["TIMEOUT", "COMPLETED"]
    again = [*jobs_of(place.folder)][1]
    assert asked(job, "%m") == "1500M" and asked(again, "%l %m") == "2:00:00 3000M"
    assert "going on after step" in place.log()
    recovers(place, REST)


def test_the_node_is_drained_and_resumed(place, recovers, learning):
    """What runs there is finished, what would follow waits."""
    learning(RUNS)
    with node_in("drain"):
        place.until(lambda: len(jobs_of(place.folder)) == 2, seconds=120, every=0.2)
        waiting = [*jobs_of(place.folder)][1]
        place.until(lambda: "DRAINED" in asked(waiting, "%r"), every=0.2)
        assert list(jobs_of(place.folder).values()) == ["COMPLETED", "PENDING"]
        assert (place.student / "training.json").exists() and not (place.folder / RUNS).exists()
    assert place.clone.jobs(place.end(0)) == {ONE, *REST}
    assert list(jobs_of(place.folder).values()) == ["COMPLETED", "COMPLETED"]
    assert "going on after step" not in place.log()
    recovers(place, set())


def test_the_node_goes_down(place, recovers, learning):
    """SLURM ends the job and itself queues it again, under its number, for when the node is back."""
    job = learning(WEIGHTS)
    (step,) = place.processes()
    with node_in("down"):
        place.until(lambda: jobs_of(place.folder)[job] == "PENDING" and is_dead(step), every=0.2)
        place.assert_unfinished()
    assert place.clone.jobs(place.end(0)) == {ONE}
    assert jobs_of(place.folder) == {job: "COMPLETED"} and "Restarts=1" in slurm_says("scontrol", "show", "job", job)
    assert "going on after step" in place.log()
    recovers(place, REST)


def halve(file) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
