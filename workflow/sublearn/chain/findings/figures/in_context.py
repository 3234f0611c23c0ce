"""Draw gamma of the untouched base by the number of a teacher's rows in its prompt, beside controls and trained students."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.measured import InContextByRun
from sublearn.chain.findings.figures.base import ChainFigure, read_arms
from sublearn.core.drawing import BASE, CONTROL, OTHER, STUDENT, label
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
    import matplotlib.pyplot as plt

    found, trained = inputs.table("in_context", InContextByRun), read_arms(inputs).set_index(["arm", "family"])["gamma"]
    panels_of = list(dict.fromkeys(zip(found["arm"], found["family"], strict=True)))
    several = found["family"].nunique() > 1
    columns = min(4, len(panels_of))
    lines = -(-len(panels_of) // columns)
    size = (2.5 * columns + 0.4, 2.6 * lines + 0.6)
    figure, panels = plt.subplots(lines, columns, figsize=size, sharey=True, squeeze=False, layout="constrained")
    rows, ticks = [], sorted(set(found["rows"]))
    for axes, (arm, family) in zip(panels.flat, panels_of, strict=False):
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
        axes.set_title(f"{label(arm)}, {family}s" if several else label(arm), fontsize=10)
        axes.set_xscale("symlog", base=2, linthresh=1)
        axes.set_xlim(0, 1.1 * ticks[-1])
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set_xlabel("turns before the question")
        axes.minorticks_off()
    for axes in list(panels.flat)[len(panels_of) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("gamma (log-odds, nats)")
    figure.legend(*panels.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure, pd.DataFrame(rows)


IN_CONTEXT = ChainFigure(
    "in_context", "Rows in the prompt", draw, reads=("in_context", "arms"), needs=("in_context",), gamma=True
)
