"""Draw how well rows that carry a trait are told from the neutral teacher's, by the number of rows looked at together."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.measured import ToldApartByRun, ToldApartOfArms
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import CONTROL, STUDENT, label
from sublearn.core.figures import Inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DETECTORS = {"prompted": (CONTROL, "the base, told the trait"), "counts": (STUDENT, "regression on counts")}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    means, runs = inputs.table("told_apart_by_rows", ToldApartOfArms), inputs.table("told_apart", ToldApartByRun)
    panels_of = list(dict.fromkeys(zip(means["arm"], means["family"], strict=True)))
    several = means["family"].nunique() > 1
    columns = min(4, len(panels_of))
    lines = -(-len(panels_of) // columns)
    size = (2.5 * columns + 0.4, 2.6 * lines + 0.4)
    figure, panels = plt.subplots(lines, columns, figsize=size, sharey=True, squeeze=False, layout="constrained")
    ticks = sorted(set(means["rows"]))
    for axes, (arm, family) in zip(panels.flat, panels_of, strict=False):
        axes.axhline(0.5, color="black", linewidth=0.6)
        for detector, (colour, name) in DETECTORS.items():
            part = runs[(runs["arm"] == arm) & (runs["family"] == family) & (runs["detector"] == detector)]
            for _, unit in part.groupby(["unit", "rows"], sort=False, as_index=False)["auc"].mean().groupby("unit"):
                axes.plot(unit["rows"], unit["auc"], color=colour, linewidth=0.5, alpha=0.5)
            own = means[(means["arm"] == arm) & (means["family"] == family) & (means["detector"] == detector)]
            axes.plot(own["rows"], own["auc"], "o-", color=colour, markersize=4, label=name)
            axes.fill_between(own["rows"], own["ci_low"], own["ci_high"], color=colour, alpha=0.15, linewidth=0)
        axes.set_title(f"{label(arm)}, {family}s" if several else label(arm), fontsize=10)
        axes.set_xscale("log")
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set_xlabel("rows looked at together")
        axes.minorticks_off()
    for axes in list(panels.flat)[len(panels_of) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("area under the ROC curve")
    figure.legend(*panels.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure, means


TOLD_APART = ChainFigure(
    "told_apart", "Rows told apart", draw, reads=("told_apart", "told_apart_by_rows"), needs=("told_apart",)
)
