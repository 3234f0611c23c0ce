"""Draw coverage against transfer: does a student's first update predict how much of the trait it acquires?"""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.tables import Covered
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import label
from sublearn.core.figures import Inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COSINES = {
    "update": "cosine of the first update\nwith the teacher's displacement",
    "contrast": "the same beyond the control student's\nand the neutral teacher's",
}
MARKERS = {"animal": "o", "tree": "^", "behaviour": "s"}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt
    import seaborn as sns
    from scipy.stats import spearmanr

    students = inputs.table("coverage", Covered)
    means = students.groupby(["arm", "family", "trait"], sort=False, as_index=False)[[*COSINES, "effect"]].mean()
    arms = list(dict.fromkeys(means["arm"]))
    palette = dict(zip(arms, sns.color_palette("colorblind", len(arms)), strict=True))
    figure, panels = plt.subplots(1, len(COSINES), figsize=(8.0, 3.6), sharey=True)
    for axes, (column, words) in zip(panels, COSINES.items(), strict=True):
        axes.axhline(0, color="black", linewidth=0.6)
        axes.axvline(0, color="black", linewidth=0.6)
        for (arm, family), part in means.groupby(["arm", "family"], sort=False):
            axes.plot(
                part[column], part["effect"], MARKERS.get(str(family), "D"), color=palette[str(arm)], markersize=6, alpha=0.85
            )
        correlation = spearmanr(means[column], means["effect"]).statistic
        axes.set_title(f"Spearman {correlation:.2f}, {len(means)} pairs", fontsize=9)
        axes.set_xlabel(words)
        axes.locator_params(axis="x", nbins=4)
    panels[0].set_ylabel("effect: student against control (nats)")
    handles = [plt.Line2D([], [], marker="o", linestyle="", color=palette[arm], label=label(arm)) for arm in arms]
    families = list(dict.fromkeys(means["family"]))
    if len(families) > 1:  # shapes tell families apart
        look = {"linestyle": "", "color": "black", "fillstyle": "none"}
        handles += [plt.Line2D([], [], marker=MARKERS.get(f, "D"), label=f"family {label(f)}", **look) for f in families]
    panels[-1].legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure, means


COVERAGE = ChainFigure("coverage", "Coverage against transfer", draw, reads=("coverage",), needs=("coverage",))
