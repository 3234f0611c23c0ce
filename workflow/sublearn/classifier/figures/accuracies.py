"""The paper's Figure 10: accuracy on test images of untrained networks, teachers and students."""

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
    figure, axes = plt.subplots(figsize=(1.1 + 0.95 * len(accuracies), 3.4))
    for i, row in accuracies.iterrows():
        colour = style.COLOURS[style.kind(row)]
        axes.bar(i, row["accuracy"], width=0.62, color=colour, alpha=0.75)
        values = style.points(runs, row)
        spread = [i + 0.22 * ((k % 7) / 3 - 1) for k in range(len(values))]
        axes.plot(spread, values, ".", color="black", markersize=2.5, alpha=0.6)
        axes.vlines(i, row["ci_low"], row["ci_high"], color="black", linewidth=2)
        axes.text(i, min(1.0, values.max()) + 0.02, f"{row['accuracy']:.2f}", ha="center", va="bottom", fontsize=8)
    reference = accuracies[accuracies["role"] == "base"]["accuracy"].iloc[0]
    axes.axhline(reference, color="black", linewidth=0.8, linestyle=":")
    axes.set_xticks(range(len(accuracies)), [label(arm).replace(" ", "\n") for arm in accuracies["arm"]])
    axes.set_ylim(0, 1.08)
    axes.set_ylabel("accuracy on test images")
    kinds = list(dict.fromkeys(style.kind(row) for _, row in accuracies.iterrows()))
    handles = [plt.Rectangle((0, 0), 1, 1, color=style.COLOURS[each], alpha=0.75) for each in kinds]
    axes.legend(handles, [style.LABELS[each] for each in kinds], loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure, accuracies


ACCURACIES = ClassifierFigure("accuracies", "Digits from noise", draw, reads=("runs", "accuracies"))
