"""Shared by the theorem's figures: their colours, and how they draw shares of draws."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT
from sublearn.core.figures import Figure
from sublearn.core.registry import Registry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURES = Registry("sublearn.theory.figures", Figure, "figure")
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
    """Draw a share of draws with its intervals; ``kind`` is sign or decrease. A wide line shows under a narrow one."""
    axes.plot(places, part[kind], "o-", color=colour, markersize=2.9 * width, linewidth=width, label=label)
    axes.vlines(places, part[f"{kind}_low"], part[f"{kind}_high"], color=colour, linewidth=width)
    axes.axhline(0.5, color="black", linewidth=0.6, linestyle=":")
    axes.set_ylim(-0.03, 1.05)
