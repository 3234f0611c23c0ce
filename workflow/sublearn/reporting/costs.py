"""Show what a run cost: time, CPU, memory and GPU of every job, as a table and a Gantt chart.

    python -m sublearn.reporting.costs tiny classifier --cores 2

The data come from Snakemake's benchmark files, from its records of when jobs started, and from the logs of the steps. Times
differ from run to run, so the table and the chart lie among the logs, which neither git nor DVC tracks and no comparison reads.
No rule produces them, so they never go stale or trigger reruns. Every successful run writes them again (the Snakefile's
``onsuccess``), and the report shows those of the last run.
"""

import argparse
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pandera.pandas as pa

from sublearn.core import cli, drawing
from sublearn.orchestration.reruns import RECORDS
from sublearn.planning.phases import PHASES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOGS = Path("logs")
SHOWN = ("images", *PHASES)
LOOP, GPU = re.compile(r"loop: .* took ([0-9.]+) s"), re.compile(r"gpu: (\d+) x .*, at most (\d+) MB each")
BREAK = 300.0  # seconds without a job that count as a break between two runs, and not as idle time
SLACK = 1.0  # seconds by which a job may seem to start before its core is free: recorded times are slightly off
ALL = "all"


class Costs(pa.DataFrameModel):
    """One row per job, after one summary row per phase; times in seconds, memory in MB."""

    study: str
    phase: str
    job: str  # as its log is named; "all" in the row of a phase
    jobs: int = pa.Field(ge=1)
    began: str  # date and time, UTC
    start: float = pa.Field(ge=0)  # since the first job started, without breaks between runs
    end: float = pa.Field(ge=0)
    waited: float = pa.Field(ge=0, nullable=True)  # from submission by Snakemake until the start, as in a cluster's queue
    time: float = pa.Field(ge=0)
    loop: float = pa.Field(ge=0)  # part of the time that the step spent in its main loop; the rest is start-up and the like
    cpu: float = pa.Field(ge=0, nullable=True)  # CPU time; unknown for jobs shorter than half a second
    memory: float = pa.Field(ge=0, nullable=True)  # peak
    gpus: int = pa.Field(ge=0)
    gpu_time: float = pa.Field(ge=0)  # GPUs times time
    gpu_memory: float = pa.Field(ge=0, nullable=True)  # peak on one GPU


def started() -> dict[str, tuple[float, float]]:
    """By log file of a job: when Snakemake submitted the job, and when its outputs existed, in seconds since 1970."""
    times: dict[str, tuple[float, float]] = {}
    for file in [path for path in Path(RECORDS).rglob("*") if path.is_file()]:
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:  # it is being written
            continue
        for log in record.get("log") or []:
            if record.get("starttime") and record.get("endtime"):
                start, end = times.get(log, (np.inf, 0.0))
                times[log] = min(start, record["starttime"]), max(end, record["endtime"])
    return times


def measured(benchmark: Path) -> dict[str, float]:
    """The values of Snakemake's benchmark file; NaN for unknown ones."""
    header, values = (line.split("\t") for line in benchmark.read_text(encoding="utf-8").splitlines()[:2])
    record = dict(zip(header, values, strict=True))
    return {name: np.nan if record[name] in ("NA", "-") else float(record[name]) for name in ("s", "cpu_time", "max_rss")}


def jobs(studies: list[str]) -> pd.DataFrame:
    """Every job of the studies that ran here, by start time; a job that ran several times appears as it last ran."""
    rows, submissions = [], started()
    for benchmark in [file for study in studies for file in sorted((LOGS / study).rglob("*.benchmark.tsv"))]:
        log = benchmark.with_name(benchmark.name.replace(".benchmark.tsv", ".log"))
        _, study, folder, *rest = log.relative_to(LOGS.parent).with_suffix("").parts
        if not log.exists() or folder not in SHOWN:
            continue
        text, numbers = log.read_text(encoding="utf-8", errors="replace"), measured(benchmark)
        # A log's date is the end of its job; `snakemake --touch` changes the dates of benchmark files and records.
        logged, seconds = log.stat().st_mtime, numbers["s"]
        submitted, ended = submissions.get(log.as_posix(), (np.nan, np.nan))
        if abs(ended - logged) > BREAK:  # the record is of a run elsewhere
            submitted = np.nan
        # A process ends shortly after its last line in the log, but no job starts before it is submitted.
        start = np.fmax(logged - seconds, submitted)
        used = [(int(count), float(peak)) for count, peak in GPU.findall(text)]
        rows.append({
            "study": study,
            "phase": folder,
            "job": "/".join([folder, *rest]),
            "jobs": 1,
            "began": f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "start": start,
            "end": start + seconds,
            "waited": start - submitted,
            "time": seconds,
            "loop": sum(map(float, LOOP.findall(text)), 0.0),
            "cpu": numbers["cpu_time"],
            "memory": numbers["max_rss"],
            "gpus": max((count for count, _ in used), default=0),
            "gpu_time": max((count for count, _ in used), default=0) * seconds,
            "gpu_memory": max((peak for _, peak in used), default=np.nan),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=list(Costs.to_schema().columns))
    if table.empty:
        return table
    table = table.sort_values(["start", "study", "job"], ignore_index=True)
    table[["start", "end"]] = table[["start", "end"]].sub(_left_out(table), axis=0).clip(lower=0.0).round(3)
    return table.round({"waited": 3, "gpu_time": 3})


def _left_out(table: pd.DataFrame) -> pd.Series:
    """By job, in order of start: the seconds before it that do not count, up to the first job and in breaks."""
    given_away = table["start"] - table["waited"].fillna(0.0)
    gaps = given_away - table["end"].cummax().shift(fill_value=0.0)
    return gaps.where(gaps > BREAK, 0.0).cumsum()


def phases(table: pd.DataFrame) -> pd.DataFrame:
    """One row per study and phase: the totals and peaks of all its jobs."""
    how = dict.fromkeys(("jobs", "waited", "time", "loop", "cpu", "gpu_time"), "sum")
    how |= dict.fromkeys(("began", "start"), "min") | dict.fromkeys(("end", "memory", "gpus", "gpu_memory"), "max")
    return table.groupby(["study", "phase"], sort=False).agg(how).reset_index().assign(job=ALL)[list(table.columns)]


def lanes(table: pd.DataFrame) -> list[int]:
    """By job, in order of start: the first lane that is free at its start; a lane holds one job at a time."""
    free: list[float] = []
    chosen = []
    for start, end in zip(table["start"], table["end"], strict=True):
        lane = next((i for i, until in enumerate(free) if until <= start + SLACK), len(free))
        free[lane:] = [end, *free[lane + 1 :]]
        chosen.append(lane)
    return chosen


def summary(table: pd.DataFrame, cores: int) -> str:
    """Where the time went, in a few lines of text."""
    wall, time, loop = table["end"].max(), table["time"].sum(), table["loop"].sum()
    available = wall * cores
    lines = [f"costs: {len(table)} jobs, {duration(wall)} on {cores} cores"]
    parts = {
        "in the steps' loops": loop,
        "start-up and the like": time - loop,
        "cores without a job": max(0.0, available - time),
    }
    lines += [f"  {name:<22}{duration(spent):>9}{spent / available:>6.0%}" for name, spent in parts.items()]
    for phase, part in table.groupby("phase", sort=False):
        spent = part["time"].sum()
        gpu = f", GPUs {duration(part['gpu_time'].sum())}" if part["gpus"].any() else ""
        lines.append(
            f"  {phase:<22}{duration(spent):>9}{spent / available:>6.0%}  {len(part)} jobs, "
            f"processor {duration(part['cpu'].sum())}, largest job {part['memory'].max():.0f} MB{gpu}"
        )
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Seconds in a readable unit: 12 s, 3.4 min, 5.6 h."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def draw(table: pd.DataFrame, cores: int) -> "Figure":
    """Draw a Gantt chart: a bar for each job in the colour of its phase, a lane for each core, and grey for idle time."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    place = pd.Series(lanes(table), index=table.index)
    rows = max(cores, int(place.max()) + 1)
    unit, size = ("hours", 3600.0) if table["end"].max() > 7200 else ("minutes", 60.0)
    figure, axes = plt.subplots(figsize=(8.0, 1.2 + min(6.0, 0.35 * rows)))
    axes.set_facecolor("#eeeeee")
    available, spent = table["end"].max() * rows, table["time"].sum()
    colours = dict(zip(SHOWN, sns.color_palette("colorblind"), strict=False))
    for phase in [name for name in SHOWN if (table["phase"] == name).any()]:
        part = table[table["phase"] == phase]
        text = f"{phase}: {duration(part['time'].sum())}, {part['time'].sum() / available:.0%}"
        axes.barh(
            place[part.index], (part["end"] - part["start"]) / size, left=part["start"] / size, height=0.9,
            color=colours[phase], edgecolor="white", linewidth=0.3, label=text,
        )  # fmt: skip
    axes.barh(
        [0], [0], color="#eeeeee", label=f"idle: {duration(max(0.0, available - spent))}, {max(0.0, 1 - spent / available):.0%}"
    )
    axes.set_xlim(0, table["end"].max() / size)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks(range(rows) if rows <= 16 else [], range(1, rows + 1) if rows <= 16 else [])
    axes.set_ylabel("core")
    axes.set_xlabel(f"{unit} since the first job began")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def main(args: argparse.Namespace) -> None:
    table = jobs(args.studies)
    if table.empty:  # for example, after `snakemake --touch`
        print(f"costs: no job of {', '.join(args.studies)} has run in {Path.cwd()}")
        return
    cores = args.cores or max(lanes(table)) + 1
    drawing.use()
    drawing.save(draw(table, cores), Costs.validate(pd.concat([phases(table), table])), str(LOGS / "costs.svg"))
    print(summary(table, cores))
    print(f"  see {LOGS / 'costs.svg'}, with its table {LOGS / 'costs.csv'}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+")
    # Snakemake names no number of cores on a cluster, where it counts jobs instead.
    parser.add_argument("--cores", type=lambda text: int(text) if text.isdigit() else 0, default=0,
                        help="number of cores of the run; by default, the largest number of jobs at once")  # fmt: skip
    cli.run(main, parser, recorded=False)
