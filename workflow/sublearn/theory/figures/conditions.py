"""Each condition of the theorem varied alone: the share of draws in which the sign, and the fall of the loss, still hold."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core.figures import Figure, Inputs
from sublearn.theory.figures import base as style
from sublearn.theory.tables import Conditions

if TYPE_CHECKING:
    import matplotlib.figure

COLUMNS = 4
FIRST = "first value where a draw fails"


def draw(inputs: Inputs) -> "tuple[matplotlib.figure.Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table = inputs.table("conditions", Conditions)
    shown = table[table["condition"] != "other_start"]  # the last value of `start`; the figure alignment shows it
    panels = [part for _, part in shown.groupby(["condition", "step"], sort=False, dropna=False)]
    rows = -(-len(panels) // COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(11, 2.7 * rows), sharey=True, squeeze=False, layout="constrained")
    for axes, part in zip(grid.flat, panels, strict=False):
        places = range(len(part))
        style.shares(axes, places, part, "sign", style.SIGN, "student moves with its teacher", width=2.6)
        style.shares(axes, places, part, "decrease", style.FALL, "teacher's loss falls")
        for kind in ("sign", "decrease"):
            fails = part[part[f"{kind}_fails"]]
            axes.plot(fails["level"], fails[kind], "o", markersize=12, markerfacecolor="none", color="black", label=FIRST)
        axes.set_xticks(places, [_tick(value) for value in part["value"]], rotation=45, ha="right", fontsize=8)
        axes.set_title(_title(part.iloc[0]), fontsize=9)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("share of draws")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles[:3], labels[:3], loc="outside upper center", ncols=3)
    return figure, shown


def _title(first: pd.Series) -> str:
    samples = first["condition"] == "samples"
    return f"{first['varied']},\nteacher step {first['step']:g}" if samples else first["varied"]


def _tick(value: str) -> str:
    return value.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


CONDITIONS = Figure("conditions", "Where each condition fails", draw, reads=("conditions",))
