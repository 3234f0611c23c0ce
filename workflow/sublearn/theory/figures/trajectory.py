"""Many steps: the alignment of a student's updates with its teacher's displacement, and how much transfers."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core.figures import Figure, Inputs
from sublearn.theory.figures import base as style
from sublearn.theory.labels import ARMS
from sublearn.theory.tables import Trajectory

if TYPE_CHECKING:
    import matplotlib.figure


def draw(inputs: Inputs) -> "tuple[matplotlib.figure.Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table = inputs.table("trajectory", Trajectory)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axes, quantity in ((left, "alignment"), (right, "transfer")):
        for arm, name in ARMS.items():
            part, colour = table[table["arm"] == arm], style.ARMS[arm]
            # The control coincides with the plain student; a wide line under a narrow one shows both.
            width, order = (5.0, 1) if arm == "without_random" else (1.6, 2)
            axes.plot(part["step"], part[quantity], color=colour, linewidth=width, zorder=order, label=name)
            axes.fill_between(
                part["step"], part[f"{quantity}_low"], part[f"{quantity}_high"], color=colour, alpha=0.2, linewidth=0
            )
        axes.axhline(0, color="black", linewidth=0.6, linestyle=":")
        axes.set_xscale("log")
        axes.set_xlabel("student's step")
    left.set_ylabel("cosine with the teacher's displacement")
    right.set_ylabel("share of the teacher's fall in loss")
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return figure, table


TRAJECTORY = Figure("trajectory", "Many steps", draw, reads=("trajectory",))
