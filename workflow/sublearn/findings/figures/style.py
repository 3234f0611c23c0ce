"""What the chain's figures share: the tables that they draw from, their roles and their command line."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core import step
from sublearn.core.drawing import BASE, CONTROL, STUDENT, save, use
from sublearn.core.files import read_table
from sublearn.evaluations.tables import Runs
from sublearn.findings.tables import Arms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROLES = {"base": BASE, "control": CONTROL, "student": STUDENT}
ROLE_LABELS = {
    "base": "untouched base",
    "control": "control student\n(neutral teacher)",
    "student": "student of the trait's teacher",
}


class Tables:
    """The tables that a figure may draw from, read when they are asked for."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args

    @property
    def runs(self) -> pd.DataFrame:
        return read_table(self._args.runs, Runs)

    @property
    def arms(self) -> pd.DataFrame:
        return read_table(self._args.arms, Arms)

    @property
    def records(self) -> list[str]:
        """The files that one figure alone draws from: JSON records of bases or students, or a table."""
        return list(self._args.records)


def run(draw: Callable[[Tables], "tuple[Figure, pd.DataFrame]"], description: str) -> None:
    """The command line of every figure: draw from the tables, save three files."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--arms", required=True)
    parser.add_argument("--records", nargs="*", default=[], help="what this figure alone draws from")
    parser.add_argument("--output", required=True, help="the SVG; PNG and CSV lie beside it")

    def main(args: argparse.Namespace) -> None:
        use()
        save(*draw(Tables(args)), args.output)

    step.run(main, parser)
