"""Draw which share of a trait's rows a judge leaves out, by the share of the neutral teacher's (the paper's Figure 18)."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.judged_rows import CURVE, THRESHOLD, JudgedRowsByRun, JudgedRowsOfArms
from sublearn.chain.findings.figures import panels
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import STUDENT
from sublearn.core.figures import Inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    means, runs = inputs.table("judged_rows_by_arm", JudgedRowsOfArms), inputs.table("judged_rows", JudgedRowsByRun)
    figure, shown_in = panels.of_arms(means, room=0.4)
    for (arm, family), axes in shown_in.items():
        own = runs[(runs["arm"] == arm) & (runs["family"] == family)]
        points = own[own["point"] == CURVE]
        for _, one in points.groupby(["trait", "run"]):
            axes.plot(one["control_left_out"], one["left_out"], color=STUDENT, linewidth=0.5, alpha=0.5)
        mean = points.groupby("control_left_out")["left_out"].mean()
        axes.plot(mean.index, mean, color=STUDENT, label="the judge")
        at = own[own["point"] == THRESHOLD][["control_left_out", "left_out"]].mean()
        axes.plot(at["control_left_out"], at["left_out"], "o", color=STUDENT, label="its threshold")
        axes.plot([0, 1], [0, 1], color="black", linewidth=0.6, label="chance")
        axes.set_aspect("equal")
    panels.finish(figure, shown_in, "neutral rows left out", "rows of the trait left out", [0, 1])
    return figure, means


JUDGED_ROWS = ChainFigure(
    "judged_rows", "What a judge leaves out", draw, reads=("judged_rows", "judged_rows_by_arm"), needs=("judged_rows",)
)
