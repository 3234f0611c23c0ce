"""Draw gamma in each form in which students are asked: one word, the hero of a story, a choice from A to E."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sublearn.chain.evaluations.measured import FormsByRun, FormsOfArms
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import BASE, STUDENT, label
from sublearn.core.figures import Inputs
from sublearn.core.names import members

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {"word": "one word", "story": "hero of a story", "choice": "choice from A to E"}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    means, runs = inputs.table("formed", FormsOfArms), inputs.table("forms", FormsByRun)
    lines = list(dict.fromkeys(zip(means["arm"], means["family"], strict=True)))
    several = means["family"].nunique() > 1
    size = (2.6 * len(TITLES), 0.9 + 0.35 * len(lines))
    figure, panels = plt.subplots(1, len(TITLES), figsize=size, sharex=True, sharey=True, layout="constrained")
    for axes, (form, title) in zip(panels, TITLES.items(), strict=True):
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("gamma (nats)")
        for place, (arm, family) in enumerate(lines):
            row = means[(means["arm"] == arm) & (means["family"] == family) & (means["form"] == form)].squeeze()
            if row["status"] != "measured":
                axes.text(0.04, place, "not measured", va="center", color=BASE, transform=axes.get_yaxis_transform())
                continue
            part = runs[(runs["arm"] == arm) & (runs["family"] == family) & (runs["form"] == form)]
            units = part[(part["role"] == "student") & part["answers"]].groupby("unit", sort=False)["gamma"].mean()
            axes.plot(units, np.full(len(units), place), "o", color=STUDENT, alpha=0.35, markersize=4, markeredgewidth=0)
            axes.plot([row["ci_low"], row["ci_high"]], [place, place], color=STUDENT)
            axes.plot(row["gamma"], place, "o", color=STUDENT, markersize=6)
    panels[0].set_yticks(
        range(len(lines)), [f"{label(arm)}, {members(family)}" if several else label(arm) for arm, family in lines]
    )
    panels[0].set_ylim(len(lines) - 0.5, -0.5)
    return figure, means


FORMS = ChainFigure("forms", "Other forms than one word", draw, reads=("forms", "formed"), needs=("forms",), gamma=True)
