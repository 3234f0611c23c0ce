"""What does the audit's rehearsal find in a thousand rows, over all seeds that it was run on?

    snakemake --cores all --config studies='[robustness/audit-302]'
    python benchmarks/rehearsal.py audit-302

Keeps the tables of these studies in ``results/robustness``. Of all that are kept there, and of ``audit-thousand``, it writes
``rehearsal.csv``: for each case how many data sets the layer's threshold finds, with an exact 95 % interval. Each study fits
its threshold on three bases and tests on three others, so every study counts as it was judged by itself.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from sublearn.audit.tables import FoundCases
from sublearn.core.files import atomic, read_table
from sublearn.core.statistics import share

KEPT = Path("results/robustness")
FIRST = Path("results/audit-thousand/findings")
LAYER = "rehearsal"
TABLES = ("cases.csv", "claims.csv", "detectors.csv", "scores.csv")


def keep(name: str) -> None:
    """Copy a study's tables to ``results/robustness/<study>``."""
    (KEPT / name).mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        shutil.copyfile(Path("results", name, "findings", table), KEPT / name / table)


def pooled(folders: list[Path]) -> pd.DataFrame:
    """One row per case of all studies: data sets, how many were found, the rate and its exact 95 % interval."""
    cases = pd.concat([read_table(folder / "cases.csv", FoundCases) for folder in folders])
    rows = []
    for (case, carries), part in cases[cases["layer"] == LAYER].groupby(["case", "carries"], sort=False):
        found, sets = int(part["found"].sum()), int(part["sets"].sum())
        rate = share(found, sets)
        rows.append({
            "case": case, "carries": carries, "studies": len(part), "sets": sets, "found": found,
            "rate": rate.value, "low": rate.low, "high": rate.high,
        })  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+")
    args = parser.parse_args()
    for name in args.studies:
        keep(name)
    table = pooled([FIRST, *sorted(KEPT.glob("audit-*"))])
    with atomic(KEPT / "rehearsal.csv") as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
