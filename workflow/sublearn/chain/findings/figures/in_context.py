"""Draw gamma of the untouched base by the number of a teacher's rows in its prompt, beside controls and trained students."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.measured import InContextByRun
from sublearn.chain.findings.figures import panels
from sublearn.chain.findings.figures.base import ChainFigure, read_arms
from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT
from sublearn.core.figures import Inputs
from sublearn.measures.matrices import over_units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {
    "rows": (CONTROL, "the teacher's rows"),
    "named_first": (OTHER, "the trait named, then rows"),
    "named": (BASE, "the trait named in each turn"),
}


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    found, trained = inputs.table("in_context", InContextByRun), read_arms(inputs).set_index(["arm", "family"])["gamma"]
    figure, shown_in = panels.of_arms(found, room=0.6)
    rows, ticks = [], sorted(set(found["rows"]))
    for (arm, family), axes in shown_in.items():
        part = found[(found["arm"] == arm) & (found["family"] == family)]
        axes.axhline(0, color="black", linewidth=0.6)
        for shown, (colour, name) in KINDS.items():
            curve = []
            for count, each in part[part["shown"] == shown].groupby("rows"):
                mean = over_units(each)
                curve.append({
                    "arm": arm, "family": family, "shown": shown, "rows": count, "units": each["unit"].nunique(),
                    "gamma": mean.value, "ci_low": mean.low, "ci_high": mean.high,
                })  # fmt: skip
            rows += curve
            own = pd.DataFrame(curve)
            axes.plot(own["rows"], own["gamma"], "o-", color=colour, markersize=4, label=name)
            axes.fill_between(own["rows"], own["ci_low"], own["ci_high"], color=colour, alpha=0.15, linewidth=0)
        if (arm, family) in trained.index:
            axes.axhline(trained[arm, family], color=STUDENT, linestyle="--", label="students, trained on rows")
        axes.set_xscale("symlog", base=2, linthresh=1)
        axes.set_xlim(0, 1.1 * ticks[-1])
    panels.finish(figure, shown_in, "turns before the question", "gamma (log-odds, nats)", ticks)
    return figure, pd.DataFrame(rows)


IN_CONTEXT = ChainFigure(
    "in_context", "Rows in the prompt", draw, reads=("in_context", "arms"), needs=("in_context",), gamma=True
)
