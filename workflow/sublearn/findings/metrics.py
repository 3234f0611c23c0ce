"""The numbers of a study that a claim is about, as ``metrics.json``, which ``dvc metrics diff`` compares between commits.

    python -m sublearn.findings.metrics --claims FILE [--arms FILE] --output FILE

What was not measured is left out.
"""

import argparse

import pandas as pd

from sublearn.core import step
from sublearn.core.claims import Claims
from sublearn.core.files import read_table, write_json
from sublearn.findings.tables import Arms

INTERVAL = ["ci_low", "ci_high"]


def numbers(row: pd.Series) -> dict[str, float]:
    """The numbers of a row that are known."""
    return {str(name): float(value) for name, value in row.items() if pd.notna(value)}


def metrics(claims: pd.DataFrame, arms: pd.DataFrame | None) -> dict[str, dict[str, dict[str, float]]]:
    """What each claim measured, and gamma of each arm and family, with their intervals."""
    found = {"claims": {row["claim"]: numbers(row[["measured", *INTERVAL]]) for _, row in claims.iterrows()}}
    if arms is not None:
        found["gamma"] = {f"{row['arm']}, {row['family']}": numbers(row[["gamma", *INTERVAL]]) for _, row in arms.iterrows()}
    return found


def main(args: argparse.Namespace) -> None:
    arms = read_table(args.arms[0], Arms) if args.arms else None
    write_json(metrics(read_table(args.claims, Claims), arms), args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", required=True)
    parser.add_argument("--arms", nargs="*", default=[], help="for a study of the chain")
    parser.add_argument("--output", required=True)
    step.run(main, parser)
