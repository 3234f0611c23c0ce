"""When digits pass to a student: every arm's accuracy on one scale, coloured by what the student shares with its teacher."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.classifier.figures import base as style
from sublearn.classifier.figures.base import ClassifierFigure
from sublearn.classifier.tables import Accuracies, Runs
from sublearn.core.drawing import label
from sublearn.core.figures import Inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    runs, accuracies = inputs.table("runs", Runs), inputs.table("accuracies", Accuracies)
    figure, axes = plt.subplots(figsize=(5.6, 0.8 + 0.26 * len(accuracies)))
    shown: set[str] = set()
    for i, row in accuracies.iterrows():
        kind = style.kind(row)
        values = style.points(runs, row)
        axes.plot(values, [i] * len(values), ".", color=style.COLOURS[kind], markersize=3, alpha=0.4)
        axes.hlines(i, row["ci_low"], row["ci_high"], color=style.COLOURS[kind], linewidth=2)
        name = None if kind in shown else style.LABELS[kind]
        axes.plot(row["accuracy"], i, "o", color=style.COLOURS[kind], markersize=6, label=name)
        shown.add(kind)
    reference = accuracies[accuracies["role"] == "base"]["accuracy"].iloc[0]
    axes.axvline(reference, color="black", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(accuracies)), [label(arm) for arm in accuracies["arm"]])
    axes.set_ylim(len(accuracies) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xlabel("accuracy on test images")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure, accuracies


REGIMES = ClassifierFigure("regimes", "When digits pass", draw, reads=("runs", "accuracies"))
