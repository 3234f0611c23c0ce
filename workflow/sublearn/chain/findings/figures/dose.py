"""Draw the dose curve: gamma after some of the students' updates, for each arm that kept earlier students."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.tables import Curves
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import label
from sublearn.core.figures import Inputs
from sublearn.core.names import members
from sublearn.measures.matrices import over_units

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt
    import seaborn as sns

    curves = inputs.table("dose", Curves)
    lines = list(dict.fromkeys(zip(curves["arm"], curves["family"], strict=True)))
    several = curves["family"].nunique() > 1
    rows = []
    figure, axes = plt.subplots(figsize=(5.6, 3.4))
    for (arm, family), colour in zip(lines, sns.color_palette("colorblind", len(lines)), strict=True):
        part = curves[(curves["arm"] == arm) & (curves["family"] == family)]
        for updates, values in part.groupby("updates"):
            mean = over_units(values)
            rows.append({
                "arm": arm, "family": family, "updates": updates, "runs": len(values), "units": values["unit"].nunique(),
                "gamma": mean.value, "ci_low": mean.low, "ci_high": mean.high,
            })  # fmt: skip
        own = pd.DataFrame([row for row in rows if (row["arm"], row["family"]) == (arm, family)])
        name = f"{label(arm)}, {members(family)}" if several else label(arm)
        axes.plot(own["updates"], own["gamma"], "o-", color=colour, markersize=4, label=name)
        axes.fill_between(own["updates"], own["ci_low"], own["ci_high"], color=colour, alpha=0.15, linewidth=0)
        for _, unit in part.groupby(["unit", "updates"], sort=False, as_index=False)["gamma"].mean().groupby("unit"):
            axes.plot(unit["updates"], unit["gamma"], color=colour, linewidth=0.5, alpha=0.6)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xscale("symlog", base=2, linthresh=min((u for u in curves["updates"] if u), default=1))
    axes.set_xticks(ticks := sorted(set(curves["updates"])), [str(tick) for tick in ticks])
    axes.set_xlim(left=0)  # else the scale leaves room for fewer updates than none
    axes.minorticks_off()
    axes.set_xlabel("updates of the students")
    axes.set_ylabel("gamma (log-odds, nats)")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure, pd.DataFrame(rows)


DOSE = ChainFigure("dose", "The dose curve", draw, reads=("dose",), needs=("dose",), gamma=True)
