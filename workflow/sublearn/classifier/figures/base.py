"""Shared by the classifier's figures: their points, and their colours by what a student shares."""

from typing import Any

import pandas as pd

from sublearn.classifier.tables import rows_of
from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT
from sublearn.core.figures import Figure
from sublearn.core.registry import Registry


class ClassifierFigure(Figure):
    """A figure of a study of the classifier. A study shows the figures that its claims name, or all if it has no claims."""

    def suits(self, plan: Any) -> bool:
        claimed = {claim.figure for claim in plan.study.claims}
        return self.name in claimed or not claimed


FIGURES: Registry[Any] = Registry("sublearn.classifier.figures", ClassifierFigure, "figure")

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
    """The key of a condition's colour: its role, or for students what they share with their teacher."""
    return str(row["shares"] if row["role"] == "student" else row["role"])


def points(runs: pd.DataFrame, row: pd.Series) -> pd.Series:
    """The accuracy of each network of a condition; ``row`` is a row of the table of accuracies."""
    return rows_of(runs, row["arm"], row["role"], row["base"])["value"]
