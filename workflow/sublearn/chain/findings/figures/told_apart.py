"""Draw how well rows that carry a trait are told from the neutral teacher's, by the number of rows looked at together."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.measured import ToldApartByRun, ToldApartOfArms
from sublearn.chain.findings.figures import panels
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import CONTROL, STUDENT
from sublearn.core.figures import Inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DETECTORS = {"prompted": (CONTROL, "the base, told the trait"), "counts": (STUDENT, "regression on counts")}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    means, runs = inputs.table("told_apart_by_rows", ToldApartOfArms), inputs.table("told_apart", ToldApartByRun)
    figure, shown_in = panels.of_arms(means, room=0.4)
    for (arm, family), axes in shown_in.items():
        axes.axhline(0.5, color="black", linewidth=0.6)
        for detector, (colour, name) in DETECTORS.items():
            part = runs[(runs["arm"] == arm) & (runs["family"] == family) & (runs["detector"] == detector)]
            for _, unit in part.groupby(["unit", "rows"], sort=False, as_index=False)["auc"].mean().groupby("unit"):
                axes.plot(unit["rows"], unit["auc"], color=colour, linewidth=0.5, alpha=0.5)
            own = means[(means["arm"] == arm) & (means["family"] == family) & (means["detector"] == detector)]
            axes.plot(own["rows"], own["auc"], "o-", color=colour, markersize=4, label=name)
            axes.fill_between(own["rows"], own["ci_low"], own["ci_high"], color=colour, alpha=0.15, linewidth=0)
        axes.set_xscale("log")
    panels.finish(figure, shown_in, "rows looked at together", "area under the ROC curve", sorted(set(means["rows"])))
    return figure, means


TOLD_APART = ChainFigure(
    "told_apart", "Rows told apart", draw, reads=("told_apart", "told_apart_by_rows"), needs=("told_apart",)
)
