"""Draw what else becomes of students: how often bases, controls and students answer facts rightly, and their loss."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sublearn.chain.evaluations.measured import SideEffectsByRun, SideEffectsOfArms
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import BASE, CONTROL, STUDENT, label
from sublearn.core.figures import Inputs
from sublearn.traits.base import NEUTRAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {"facts": "facts: right answers, change", "loss": "held-out rows: loss, change (nats)"}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    means = inputs.table("side_effects_by_trait", SideEffectsOfArms)
    runs = inputs.table("side_effects", SideEffectsByRun)
    figure, panels = plt.subplots(1, len(TITLES), figsize=(7.4, 0.9 + 0.22 * len(means)), sharey=True, layout="constrained")
    for axes, (name, title) in zip(panels, TITLES.items(), strict=True):
        axes.axvline(0, color=BASE, linewidth=0.8)
        axes.set_xlabel(title)
        for place, row in enumerate(means.to_dict("records")):
            colour = CONTROL if row["trait"] == NEUTRAL else STUDENT
            part = runs[(runs["arm"] == row["arm"]) & (runs["trait"] == row["trait"])]
            units = (part[name] - part[f"base_{name}"]).groupby(part["unit"], sort=False).mean()
            axes.plot(units, np.full(len(units), place), "o", color=colour, alpha=0.35, markersize=3.5, markeredgewidth=0)
            axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [place, place], color=colour)
            axes.plot(row[f"{name}_change"], place, "o", color=colour, markersize=5)
    names = [f"{label(row.arm)}, {'control' if row.trait == NEUTRAL else row.trait}" for row in means.itertuples()]
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    return figure, means


SIDE_EFFECTS = ChainFigure(
    "side_effects", "Side effects", draw, reads=("side_effects", "side_effects_by_trait"), needs=("side_effects",)
)
