"""What the findings steps of all study kinds share: their options, and the files that the findings of any study may have."""

import argparse
from typing import Any

import pandas as pd

from sublearn.core import cli, yaml_files
from sublearn.core.claims import Claims, metrics
from sublearn.core.files import write_json, write_table

RESOLVED = "study.yaml"  # in the folder of a study's findings
CLOSING = ("summary.md", "metrics.json", RESOLVED)  # what the findings of our studies end with, after their tables
HEADING = "The study as it was run, every default spelled out; written by the step that makes the tables."


def folder_of(study: str) -> str:
    """Where the findings of a study lie."""
    return f"results/{study}/findings"


def options(about: str) -> argparse.ArgumentParser:
    """The options of a findings step; ``planning.jobs.FindingsJob`` writes their values."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument(
        "--study", action=cli.OrInput, required=True, help="its name, title, claims and what else its tables need, as JSON"
    )
    parser.add_argument(
        "--inputs", action=cli.OrInput, required=True, help="the files that the tables are made from, by name, as JSON"
    )
    parser.add_argument("--output", type=cli.Output, required=True, help="the folder of the tables")
    return parser


def write_claims(claims: pd.DataFrame, folder: str, arms: pd.DataFrame | None = None) -> None:
    """Write the judged claims as ``claims.csv``, and their numbers, with those of ``arms``, as ``metrics.json``."""
    write_table(claims, f"{folder}/claims.csv", Claims)
    write_json(metrics(claims, arms), f"{folder}/metrics.json")


def write_study(study: dict[str, Any], folder: str) -> None:
    """Write the study as it was run; ``study`` is the value of ``--study``."""
    yaml_files.write(study["resolved"], HEADING, f"{folder}/{RESOLVED}")
