"""Small multiples: a panel for each arm and family of traits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core.drawing import label
from sublearn.core.names import members

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS = 4  # panels in a row, at most


def of_arms(table: pd.DataFrame, room: float) -> "tuple[Figure, dict[tuple[str, str], Axes]]":
    """A figure with a titled panel for each arm and family of a table, in its order; families are named if there are several.

    Args:
        room: for the legend below, in inches.
    """
    import matplotlib.pyplot as plt

    shown = list(dict.fromkeys(zip(table["arm"], table["family"], strict=True)))
    several = table["family"].nunique() > 1
    columns = min(ACROSS, len(shown))
    lines = -(-len(shown) // columns)
    size = (2.5 * columns + 0.4, 2.6 * lines + room)
    figure, grid = plt.subplots(lines, columns, figsize=size, sharey=True, squeeze=False, layout="constrained")
    panels = dict(zip(shown, grid.flat, strict=False))
    for (arm, family), axes in panels.items():
        axes.set_title(f"{label(arm)}, {members(family)}" if several else label(arm), fontsize=10)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    return figure, panels


def finish(figure: "Figure", panels: "dict[tuple[str, str], Axes]", across: str, up: str, ticks: Sequence[int]) -> None:
    """Name the axes, mark the ticks that were measured, and draw one legend for all panels."""
    for axes in panels.values():
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel(across)
        place = axes.get_subplotspec()
        if place is not None and place.is_first_col():
            axes.set_ylabel(up)
    first = next(iter(panels.values()))
    figure.legend(*first.get_legend_handles_labels(), loc="outside lower center", ncols=2)
