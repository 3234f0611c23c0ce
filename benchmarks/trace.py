"""How long ``sublearn trace`` takes for the figure of a study of a thousand artifacts, every file of which is hashed.

    python benchmarks/trace.py [--runs 29] [--megabytes 1]

Makes a study of the shape of ``tiny`` in a temporary folder: seven traits, two bases, a student per arm, trait and run, with
weights of the given size; nothing is trained.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sublearn.core import records

TRAITS = ("dolphin", "eagle", "elephant", "owl", "wolf", "evasive", "neutral")


def make(step: str, options: dict[str, object], files: dict[str, int]) -> None:
    """Files of so many bytes, and their record as the step would write it."""
    for name, size in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(os.urandom(size))
    sys.argv[0] = step  # as launchers say which step runs
    records.record(argparse.Namespace(**options), [Path(name) for name in files])


def study(runs: int, weights: int) -> int:
    """The whole study; returns how many artifacts it has."""
    bases = ["data/s/bases/alpha", "data/s/bases/beta"]
    for base in bases:
        make("sublearn.chain.bases.pretrain", {"study_seed": 1, "output": base}, {f"{base}/model.safetensors": weights})
    asked, made = [], 2
    for trait in TRAITS:
        drawn = {"study_seed": 1, "runs": list(range(runs)), "bases": [bases[run % 2] for run in range(runs)]}
        places = (
            "data/s/teachers/bias",
            "data/s/carriers/numbers/bias",
            "results/s/students/same_base",
            "results/s/students/other_base",
        )
        teachers, carriers, *arms = ([f"{place}/{trait}/run{run}" for run in range(runs)] for place in places)
        make(
            "sublearn.chain.teachers.train",
            {**drawn, "outputs": teachers},
            {f"{one}/model.safetensors": weights for one in teachers},
        )
        raw, passed = ([f"{folder}/{name}.parquet" for folder in carriers] for name in ("raw", "filtered"))
        make("sublearn.chain.carriers.sample", {**drawn, "teachers": teachers, "outputs": raw}, dict.fromkeys(raw, 300_000))
        make("sublearn.chain.carriers.filter", {"raw": raw, "filtered": passed}, dict.fromkeys(passed, 250_000))
        for students in arms:
            options = {**drawn, "teachers": teachers, "carriers": passed, "outputs": students}
            make("sublearn.chain.students.train", options, {f"{one}/model.safetensors": weights for one in students})
            asked += students
        made += 5 * runs
    table, figure = "results/s/evaluations/answers/same_base.parquet", "results/s/findings/figures/rates.svg"
    make("sublearn.chain.evaluations.measure", {"models": asked, "output": table}, {table: 100_000})
    make("sublearn.core.draw", {"runs": table, "output": figure}, {figure: 10_000})
    return made + 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=29)
    parser.add_argument("--megabytes", type=float, default=1.0, help="of each model's weights; the tiny model has 1.1")
    args = parser.parse_args()
    environment = os.environ | {"PYTHONPATH": str(Path("workflow").absolute())}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("Snakefile").touch()
        made = study(args.runs, int(args.megabytes * 1e6))
        size = sum(file.stat().st_size for file in Path().rglob("*") if file.is_file())
        for file in ("results/s/findings/figures/rates.svg", "results/s/students/same_base/owl/run0/model.safetensors"):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "sublearn", "trace", file],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.perf_counter() - started
            print(f"{seconds:.2f} s (aim: at most 2 s) for {file}; {done.stdout.splitlines()[-1]}")
        print(f"the study: {made} artifacts, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
