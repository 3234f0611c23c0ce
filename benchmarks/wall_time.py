"""Where the wall time of a finished study went: the steps' own loops, their start-up and ends, and cores without work.

    python benchmarks/wall_time.py tiny --cores 2

Reads the logs and Snakemake's benchmark files under ``logs/<study>``. The wall time is from the first job's start to the last
job's end, as the files' times have it.
"""

import argparse
import re
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study")
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    folder = Path("logs", args.study)
    starts, ends, jobs, loops, memory = [], [], 0.0, 0.0, 0.0
    for file in folder.rglob("*.benchmark.tsv"):
        header, values = (line.split("\t") for line in file.read_text().splitlines()[:2])
        record = dict(zip(header, values, strict=True))
        jobs += float(record["s"])
        memory = max(memory, float(record["max_rss"].replace("-", "0")))
        ends.append(file.stat().st_mtime)
        starts.append(ends[-1] - float(record["s"]))
    for file in folder.rglob("*.log"):
        loops += sum(map(float, re.findall(r"loop: .* took ([0-9.]+) s", file.read_text())))
    wall = max(ends) - min(starts)
    available = wall * args.cores
    print(f"{args.study}: {len(ends)} jobs, {wall:.0f} s of wall time on {args.cores} cores")
    print(f"  in the steps' loops   {loops:6.0f} core-seconds, {loops / available:.0%} of what there was")
    print(f"  start-up and the like {jobs - loops:6.0f} core-seconds, {(jobs - loops) / available:.0%}")
    print(f"  cores without a job   {available - jobs:6.0f} core-seconds, {1 - jobs / available:.0%}")
    print(f"  not in a loop: {1 - loops / available:.0%} (aim: at most 35 %); largest job {memory:.0f} MB (aim: under 1500)")


if __name__ == "__main__":
    main()
