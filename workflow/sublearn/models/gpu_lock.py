"""Give a job GPUs of its own where no scheduler does, then become the job's command.

    python -m sublearn.models.gpu_lock 1 python -m sublearn.models.launch 1 sublearn.chain.students.train …

Snakemake counts GPUs but says to no job which one is its own, so two jobs would meet on the first. Here a job takes a lock for
each of its devices and keeps it as long as it lives: the lock is on an open file that the command inherits, so the system
releases it however the job ends. Which devices there are to share is what CUDA_VISIBLE_DEVICES lists, else all of the machine.

Jobs of small models leave most of a GPU idle. SUBLEARN_JOBS_PER_GPU lets so many jobs share each device; the profile for
workstations then counts each GPU as so many.
"""

import fcntl
import itertools
import os
import re
import sys
import tempfile
import time
from itertools import takewhile
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
ALLOCATION = "SLURM_JOB_ID"
SHARED_BY = "SUBLEARN_JOBS_PER_GPU"
DEVICE = re.compile(r"\d+|(GPU|MIG)-.+")  # the names that CUDA knows


def found() -> list[str]:
    """The devices of this machine, or of this job's allocation, by the names that CUDA knows them by."""
    if VISIBLE in os.environ:
        listed = [name.strip() for name in os.environ[VISIBLE].split(",")]
        # As in CUDA, none counts from the first that names no device: "-1" and "NoDevFiles" mean that there is none.
        return list(dict.fromkeys(takewhile(DEVICE.fullmatch, listed)))
    return [str(number) for number in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]


def folder() -> Path:
    """Where the locks are: one place for all jobs of a user on this machine, or in an allocation."""
    return Path(tempfile.gettempdir(), f"sublearn-gpus-{os.getuid()}", os.environ.get(ALLOCATION, "machine"))


def take(count: int, devices: list[str], shared_by: int = 1) -> list[str]:
    """Wait until ``count`` of the devices are free, and lock them for this process and the command that it becomes.

    A device that ``shared_by`` jobs may share has so many locks; those with the most of them free are taken first.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    # One job at a time looks for devices: two that each hold one and wait for another would wait for ever.
    gate = os.open(place / "gate", os.O_RDWR | os.O_CREAT)
    fcntl.flock(gate, fcntl.LOCK_EX)
    taken: list[str] = []
    while len(taken) < count:
        for number, device in itertools.product(range(shared_by), devices):
            if device in taken:
                continue
            lock = os.open(place / f"{device.replace('/', '_')}.{number}", os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            os.set_inheritable(lock, True)
            taken.append(device)
            if len(taken) == count:
                break
        else:
            time.sleep(0.1)
    os.close(gate)
    return sorted(taken, key=devices.index)


def main(arguments: list[str]) -> None:
    count, *command = arguments
    if not count.isdecimal():
        sys.exit(f"error: gpu: found '{count}'; a whole number is right.")
    shared_by = os.environ.get(SHARED_BY) or "1"
    if not shared_by.isdecimal() or not int(shared_by):
        sys.exit(f"error: gpu: {SHARED_BY}: found '{shared_by}'; a whole number from 1 is right.")
    asked, devices = int(count), found()
    if devices and asked > len(devices) and ALLOCATION not in os.environ:
        sys.exit(f"error: gpu: the job asks for {asked} and this machine has {len(devices)}; ask for no more in its profile.")
    try:
        # Without any, a step computes on the processor; what a scheduler gave is the job's already.
        if 0 < asked <= len(devices) and not (ALLOCATION in os.environ and asked == len(devices)):
            os.environ[VISIBLE] = ",".join(take(asked, devices, int(shared_by)))
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"error: gpu: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
