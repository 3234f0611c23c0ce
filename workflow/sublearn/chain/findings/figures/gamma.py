"""Draw the diagonal contrast gamma of each arm and family, with its t interval over units and its null.

The null is two standard deviations of gamma where targets are assigned to traits at random, to both sides of zero.
"""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.findings.figures.base import ChainFigure, read_arms
from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT, label
from sublearn.core.figures import Inputs
from sublearn.core.names import members

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"animal": STUDENT, "tree": OTHER, "behaviour": BASE}
SHIFTS = {"animal": -0.12, "tree": 0.12}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table = read_arms(inputs)
    arms = list(dict.fromkeys(table["arm"]))
    figure, axes = plt.subplots(figsize=(5.2, 0.9 + 0.42 * len(arms)))
    for family, part in table.groupby("family", sort=False):
        shift = SHIFTS.get(str(family), 0.0) * (table["family"].nunique() > 1)
        places = [arms.index(arm) + shift for arm in part["arm"]]
        axes.hlines(places, -2 * part["null_sd"], 2 * part["null_sd"], color="0.85", linewidth=7, zorder=0)
        axes.hlines(places, part["ci_low"], part["ci_high"], color=COLOURS.get(str(family), CONTROL), linewidth=2)
        axes.plot(part["gamma"], places, "o", color=COLOURS.get(str(family), CONTROL), label=members(str(family)))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(arms)), [label(arm) for arm in arms])
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlabel("gamma: own trait against the family's others (log-odds, nats)")
    if table["family"].nunique() > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure, table


GAMMA = ChainFigure("gamma", "All arms at a glance", draw, reads=("arms",), gamma=True)
