"""What does the audit's rehearsal find in a thousand rows, over all seeds that it was run on?

    snakemake --cores all --config studies='[robustness/audit-302]'
    python benchmarks/rehearsal.py audit-302

Keeps the tables of these studies in ``results/robustness``. Of all that are kept there, and of ``audit-thousand``, it writes
``rehearsal.csv``: for each case how many data sets the layer's threshold finds, with an exact 95 % interval. Each study fits
its threshold on three bases and tests on three others, so every study counts as it was judged by itself.

Nine scores of three bases make a poor threshold. So ``rehearsal_later.csv`` has another: two standard deviations above the
mean of all scores of neutral rows in the first two studies, tried on all data sets of all later ones. This rule was fixed
when only the first two had been seen; there, it finds 16 of 18 data sets with a trait, and 1 of the 36 that it is made of.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from sublearn.audit.tables import FoundCases, Scores
from sublearn.core.files import atomic, read_table
from sublearn.core.statistics import share

KEPT = Path("results/robustness")
FIRST = Path("results/audit-thousand/findings")
LAYER = "rehearsal"
EARLIER = (FIRST, KEPT / "audit-302")
SPREAD = 2.0  # standard deviations above the mean of scores without a trait
TABLES = ("cases.csv", "claims.csv", "detectors.csv", "scores.csv")


def keep(name: str) -> None:
    """Copy a study's tables to ``results/robustness/<study>``."""
    (KEPT / name).mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        shutil.copyfile(Path("results", name, "findings", table), KEPT / name / table)


def counts(found: int, sets: int) -> dict[str, float]:
    """How many of so many data sets were found, and the rate with its exact 95 % interval."""
    rate = share(found, sets)
    return {"sets": sets, "found": found, "rate": rate.value, "low": rate.low, "high": rate.high}


def pooled(folders: list[Path]) -> pd.DataFrame:
    """One row per case of all studies: data sets, how many were found, the rate and its exact 95 % interval."""
    cases = pd.concat([read_table(folder / "cases.csv", FoundCases) for folder in folders])
    rows = []
    for (case, carries), part in cases[cases["layer"] == LAYER].groupby(["case", "carries"], sort=False):
        counted = counts(int(part["found"].sum()), int(part["sets"].sum()))
        rows.append({"case": case, "carries": carries, "studies": len(part), **counted})
    return pd.DataFrame(rows)


def later(folders: list[Path]) -> pd.DataFrame:
    """The same rows, of the studies that are not ``EARLIER``, by the threshold that those give."""
    known, new = (
        pd.concat(read_table(folder / "scores.csv", Scores).query("layer == @LAYER") for folder in part)
        for part in (EARLIER, [folder for folder in folders if folder not in EARLIER])
    )
    without = known.loc[known["case"] == "neutral", "score"]
    threshold = without.mean() + SPREAD * without.std()
    rows = []
    for (case, carries), part in new.groupby(["case", "carries"], sort=False):
        counted = counts(int((part["score"] >= threshold).sum()), len(part))
        named = int((part["leading"] == part["trait"]).sum())
        rows.append({"case": case, "carries": carries, "threshold": threshold, **counted, "named": named})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+")
    args = parser.parse_args()
    for name in args.studies:
        keep(name)
    folders = [FIRST, *sorted(KEPT.glob("audit-*"))]
    for name, table in (("rehearsal", pooled(folders)), ("rehearsal_later", later(folders))):
        with atomic(KEPT / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
        print(table.to_string(index=False))


if __name__ == "__main__":
    main()
