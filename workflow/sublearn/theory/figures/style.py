"""What the theorem's figures share: their colours and their command line."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import pandera.pandas as pa

from sublearn.core import step
from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT, save, use
from sublearn.core.files import read_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGN, FALL = STUDENT, OTHER
STARTS = {"same": STUDENT, "other": CONTROL}
ARMS = {
    "same_start": STUDENT,
    "other_start": CONTROL,
    "without_displacement": "#aa3377",
    "without_descent": OTHER,
    "without_random": BASE,
    "without_matched": "#000000",
}


def shares(
    axes: "Axes", places: "list[float] | range", part: pd.DataFrame, kind: str, colour: str, label: str, width: float = 1.2
) -> None:
    """A share of draws with its intervals: ``kind`` is sign or decrease. A wide line shows under a narrow one."""
    axes.plot(places, part[kind], "o-", color=colour, markersize=2.9 * width, linewidth=width, label=label)
    axes.vlines(places, part[f"{kind}_low"], part[f"{kind}_high"], color=colour, linewidth=width)
    axes.axhline(0.5, color="black", linewidth=0.6, linestyle=":")
    axes.set_ylim(-0.03, 1.05)


def run(
    draw: Callable[[pd.DataFrame], "tuple[Figure, pd.DataFrame]"], schema: type[pa.DataFrameModel], description: str
) -> None:
    """The command line of every figure: draw from its table, save three files."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--table", required=True)
    parser.add_argument("--output", required=True, help="the SVG; PNG and CSV lie beside it")

    def main(args: argparse.Namespace) -> None:
        use()
        save(*draw(read_table(args.table, schema)), args.output)

    step.run(main, parser)
