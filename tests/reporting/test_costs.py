"""What jobs left behind becomes one table: who ran when, on which lane, and how long no one ran."""

import base64
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sublearn.reporting import costs

NOON = 1_800_000_000.0
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """An empty project; makes what a job leaves: ``run("students/same_base/owl", start=3, time=10)``."""
    monkeypatch.chdir(tmp_path)

    def leave(job, start, time, said="", submitted=None, cpu="8.00", memory="500.00", study="tiny"):
        log = tmp_path / "logs" / study / f"{job}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"12:00:00  {said}\n")
        os.utime(log, (NOON, NOON + start + time))
        values = f"{time:.4f}\t0:00:{int(time) % 60:02d}\t{memory}\t1\t1\t1\t0\t0\t90\t{cpu}"
        log.with_suffix(".benchmark.tsv").write_text(f"{HEADER}\n{values}\n")
        if submitted is not None:
            record = {"log": [f"logs/{study}/{job}.log"], "starttime": NOON + submitted, "endtime": NOON + start + time}
            name = base64.urlsafe_b64encode(f"results/{job}".encode()).decode()
            (tmp_path / ".snakemake/metadata").mkdir(parents=True, exist_ok=True)
            (tmp_path / ".snakemake/metadata" / name).write_text(json.dumps(record))

    return leave


def test_a_table_of_jobs_and_phases(run):
    run("bases/alpha", 0, 30, "loop: pretraining took 20.50 s for 9 steps", submitted=-1)
    run("students/same_base/owl", 40, 20, "loop: student, run 0 took 5.00 s\nloop: student, run 1 took 6.00 s", submitted=31)
    run("evaluations/coverage/same_base", 61, 0.2, cpu="NA", memory="NA")
    run("evaluations/answers/same_base", 61, 9, "gpu: 2 x NVIDIA H100, at most 1234 MB each")
    table = costs.jobs(["tiny"])
    names = ["bases/alpha", "students/same_base/owl", "evaluations/coverage/same_base", "evaluations/answers/same_base"]
    assert set(table["job"]) == set(names)
    table = table.set_index("job").loc[names].reset_index()
    assert list(table["start"]) == [1, 41, 62, 62] and list(table["end"]) == [31, 61, pytest.approx(62.2), 71]
    assert list(table["waited"][:2]) == [1, 9] and table["waited"][2:].isna().all()
    assert list(table["loop"]) == [20.5, 11, 0, 0]
    assert list(table["gpus"]) == [0, 0, 0, 2] and table["gpu_time"][3] == 18 and table["gpu_memory"][3] == 1234
    whole = costs.Costs.validate(costs.phases(table)).set_index("phase")
    assert list(whole.index) == ["bases", "students", "evaluations"] and set(whole["job"]) == {"all"}
    assert whole["jobs"]["evaluations"] == 2 and whole["time"]["evaluations"] == pytest.approx(9.2)
    assert whole["memory"]["evaluations"] == 500 and whole["cpu"]["evaluations"] == 8


def test_a_break_between_two_runs_is_left_out_and_a_queue_is_none(run):
    run("bases/alpha", 0, 30, submitted=0)
    run("students/same_base/owl", 10_030, 20, submitted=10_020)
    run("students/same_base/wolf", 20_000, 20, submitted=10_050)
    table = costs.jobs(["tiny"])
    # The second was given away after a break, and waited ten seconds; the third waited for hours.
    assert list(table["start"]) == [0, 40, 10_010]
    assert list(table["waited"]) == [0, 10, 9950]


def test_a_record_of_a_run_elsewhere_is_not_mixed_in(run):
    run("bases/alpha", 0, 30, submitted=0)
    os.utime("logs/tiny/bases/alpha.log", (NOON, NOON + 86_400))
    assert costs.jobs(["tiny"])["waited"].isna().all()


def test_only_the_studies_that_are_asked_for(run):
    run("bases/alpha", 0, 30)
    run("bases/alpha", 0, 30, study="smoke")
    assert list(costs.jobs(["smoke"])["study"]) == ["smoke"]
    assert costs.jobs(["classifier"]).empty


def test_a_lane_holds_one_job_at_a_time():
    table = pd.DataFrame({"start": [0.0, 0.0, 10.0, 12.0, 28.5], "end": [10.0, 12.0, 30.0, 20.0, 40.0]})
    assert costs.lanes(table) == [0, 1, 0, 1, 1]
    rng = np.random.default_rng(0)
    start = np.sort(rng.uniform(0, 1000, 200))
    table = pd.DataFrame({"start": start, "end": start + rng.exponential(20, 200)})
    table["lane"] = costs.lanes(table)
    for _, part in table.groupby("lane"):
        assert (part["start"].to_numpy()[1:] >= part["end"].to_numpy()[:-1] - costs.SLACK).all()


def test_the_command_draws_and_sums_up(run, run_step):
    run("bases/alpha", 0, 60, "loop: pretraining took 30.00 s for 9 steps")
    run("students/same_base/owl", 60, 60, "loop: student took 60.00 s")
    done = run_step("sublearn.reporting.costs", "tiny", "--cores", 2)
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "costs: 2 jobs, 2.0 min on 2 cores"
    assert lines[1:4] == ["in the steps' loops 90 s 38%", "start-up and the like 30 s 12%", "cores without a job 2.0 min 50%"]
    assert lines[4] == "bases 60 s 25% 1 jobs, processor 8 s, largest job 500 MB"
    table = costs.Costs.validate(pd.read_csv("logs/costs.csv", keep_default_na=False, na_values=[""]))
    assert list(table["job"]) == ["all", "all", "bases/alpha", "students/same_base/owl"]
    picture = Path("logs/costs.svg").read_text()
    assert "students: 60 s, 25%" in picture and "idle: 2.0 min, 50%" in picture


def test_where_nothing_ran_it_says_so_and_does_not_fail(run, run_step):
    done = run_step("sublearn.reporting.costs", "tiny", "--cores", "None")
    assert done.returncode == 0 and done.stdout == f"costs: no job of tiny has run in {Path.cwd()}\n"


def test_jobs_without_a_loop_are_drawn_too(run, run_step):
    """A reviewer's run has findings only: no loop of theirs is timed."""
    run("findings/runs", 0, 3, cpu="NA", memory="NA")
    done = run_step("sublearn.reporting.costs", "tiny", "--cores", 2)
    assert done.returncode == 0, done.stderr
    assert "costs: 1 jobs" in done.stdout
