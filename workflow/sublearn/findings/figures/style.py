"""What all figures share: a quiet look, three files each (SVG, PNG, data as CSV), the same bytes every time."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core import step
from sublearn.core.files import atomic, read_table
from sublearn.evaluations.tables import Runs
from sublearn.findings.tables import Arms, Effects

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BASE, CONTROL, STUDENT = "#9a9a9a", "#4477aa", "#ee7733"
ROLES = {"base": BASE, "control": CONTROL, "student": STUDENT}
ROLE_LABELS = {
    "base": "untouched base",
    "control": "control student\n(neutral teacher)",
    "student": "student of the trait's teacher",
}


def label(name: str) -> str:
    """A name of the study as words."""
    return name.replace("_", " ")


def use() -> None:
    """Set the look; text stays text in SVG, and element names are the same in every drawing."""
    import matplotlib

    matplotlib.use("Agg")
    import seaborn as sns

    sns.set_theme(context="paper", style="ticks", font_scale=1.1)
    matplotlib.rcParams.update({
        "svg.hashsalt": "sublearn",
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.dpi": 150,
        "legend.frameon": False,
    })  # fmt: skip


def save(figure: "Figure", data: pd.DataFrame, svg: str) -> None:
    """Write the SVG, the same picture as PNG, and the data that is drawn."""
    import matplotlib.pyplot as plt

    with atomic(svg) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    with atomic(svg.removesuffix(".svg") + ".png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None}, bbox_inches="tight")
    with atomic(svg.removesuffix(".svg") + ".csv") as temporary:
        data.to_csv(temporary, index=False, lineterminator="\n")
    plt.close(figure)


class Tables:
    """The tables that a figure may draw from, read when they are asked for."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args

    @property
    def runs(self) -> pd.DataFrame:
        return read_table(self._args.runs, Runs)

    @property
    def effects(self) -> pd.DataFrame:
        return read_table(self._args.effects, Effects)

    @property
    def arms(self) -> pd.DataFrame:
        return read_table(self._args.arms, Arms)

    @property
    def records(self) -> list[str]:
        """The JSON records of bases or students."""
        return list(self._args.records)


def run(draw: Callable[[Tables], "tuple[Figure, pd.DataFrame]"], description: str) -> None:
    """The command line of every figure: draw from the tables, save three files."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", required=True)
    parser.add_argument("--effects", required=True)
    parser.add_argument("--arms", required=True)
    parser.add_argument("--records", nargs="*", default=[], help="JSON records of bases or students")
    parser.add_argument("--output", required=True, help="the SVG; PNG and CSV lie beside it")

    def main(args: argparse.Namespace) -> None:
        use()
        save(*draw(Tables(args)), args.output)

    step.run(main, parser)
