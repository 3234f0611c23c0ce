"""What the classifier's figures share: their tables, colours by what a student shares, and their command line."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from sublearn.classifier.tables import Accuracies, Runs, rows_of
from sublearn.core import step
from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT, save, use
from sublearn.core.files import read_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"base": BASE, "teacher": OTHER, "everything": STUDENT, "head": "#aa3377", "body": "#66ccee", "nothing": CONTROL}
LABELS = {
    "base": "untrained",
    "teacher": "teacher",
    "everything": "student with its teacher's start",
    "head": "student with the teacher's output layer only",
    "body": "student with the teacher's hidden layers only",
    "nothing": "student with another start",
}


def kind(row: pd.Series) -> str:
    """What colours a condition: its role, for students what they share with their teacher."""
    return str(row["shares"] if row["role"] == "student" else row["role"])


def points(runs: pd.DataFrame, row: pd.Series) -> pd.Series:
    """Accuracy of each network of a condition, a row of accuracies."""
    return rows_of(runs, row["arm"], row["role"], row["base"])["value"]


def run(draw: Callable[[pd.DataFrame, pd.DataFrame], "tuple[Figure, pd.DataFrame]"], description: str) -> None:
    """The command line of every figure: draw from runs and accuracies, save three files."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--accuracies", required=True)
    parser.add_argument("--output", required=True, help="the SVG; PNG and CSV lie beside it")

    def main(args: argparse.Namespace) -> None:
        use()
        save(*draw(read_table(args.runs, Runs), read_table(args.accuracies, Accuracies)), args.output)

    step.run(main, parser)
