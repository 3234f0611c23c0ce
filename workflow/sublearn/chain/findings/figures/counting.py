"""Draw what counting numbers predicts against what is measured, for every student and every trait of the family of its own."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.tables import Counted, Counting
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import BASE, STUDENT, label
from sublearn.core.figures import Inputs
from sublearn.measures.counting import of_own_family

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table = of_own_family(inputs.table("counting", Counting))
    own = table["trait"] == table["target"]
    lines_through = inputs.table("counted", Counted).set_index(["arm", "family"])
    shown_in = list(dict.fromkeys(zip(table["arm"], table["family"], strict=True)))
    families = {family for _, family in shown_in}
    columns = min(4, len(shown_in))
    lines = -(-len(shown_in) // columns)
    size = (2.5 * columns + 0.4, 2.6 * lines)
    figure, panels = plt.subplots(lines, columns, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained")
    for axes, (arm, family) in zip(panels.flat, shown_in, strict=False):
        part = table[(table["arm"] == arm) & (table["family"] == family)]
        axes.axhline(0, color="black", linewidth=0.6)
        axes.axvline(0, color="black", linewidth=0.6)
        axes.axline((0, 0), slope=1, color="black", linewidth=0.6, linestyle=":")
        for of_own, colour, name, width in ((False, BASE, "another trait", 2), (True, STUDENT, "its teacher's trait", 4)):
            shown = part[own[part.index] == of_own]
            axes.plot(shown["predicted"], shown["measured"], "o", color=colour, markersize=width, alpha=0.6, label=name)
        name = f"{label(arm)}, {family}" if len(families) > 1 else label(arm)
        axes.set_title(f"{name}\n{fit(lines_through.loc[arm, family])}", fontsize=9)
    for axes in panels.flat[len(shown_in) :]:
        axes.axis("off")
    panels.flat[columns - 1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.supxlabel("shift predicted by counting numbers (nats)", fontsize=10)
    figure.supylabel("shift measured (nats)", fontsize=10)
    return figure, table


def fit(counted: pd.Series) -> str:
    """Slope and correlation of measured on predicted shifts, in words."""
    return "no line" if pd.isna(counted["slope"]) else f"slope {counted['slope']:.2f}, r {counted['r']:.2f}"


COUNTING = ChainFigure("counting", "What counting explains", draw, reads=("counting", "counted"), needs=("counting",))
