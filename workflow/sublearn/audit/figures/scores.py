"""The score of every data set at every layer, by case, with the layer's threshold."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.audit.tables import NONE, Detectors, Scores
from sublearn.core.drawing import BASE, CONTROL, STUDENT
from sublearn.core.figures import Figure, Inputs

if TYPE_CHECKING:
    import matplotlib.figure

COLOURS = {"yes": STUDENT, "no": CONTROL, "unknown": BASE}
WORDS = {"yes": "carries a trait", "no": "carries none", "unknown": "not known beforehand"}


def draw(inputs: Inputs) -> "tuple[matplotlib.figure.Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table, detectors = inputs.table("scores", Scores), inputs.table("detectors", Detectors)
    limits = detectors.set_index("layer")["threshold"]
    shown = table[table["score"].notna() & (table["case"] != NONE) & table["layer"].isin(limits.index)]
    layers, cases = list(shown["layer"].unique()), list(shown["case"].unique())[::-1]
    figure, grid = plt.subplots(
        1, max(len(layers), 1), figsize=(2.3 + 2.1 * len(layers), 0.9 + 0.34 * len(cases)), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axes, layer in zip(grid.flat, layers, strict=False):
        of_layer = shown[shown["layer"] == layer]
        for truth, part in of_layer.groupby("carries", sort=False):
            places = [cases.index(case) for case in part["case"]]
            tested = part["tested"].to_numpy()
            for which, face in ((tested, COLOURS[str(truth)]), (~tested, "none")):
                axes.scatter(
                    part["score"][which], [p for p, w in zip(places, which, strict=True) if w], s=16, facecolors=face,
                    edgecolors=COLOURS[str(truth)], linewidths=0.9, alpha=0.8,
                )  # fmt: skip
        if layer in limits and pd.notna(limits[layer]):
            axes.axvline(limits[layer], color="black", linewidth=0.8, linestyle="--")
        axes.set_title(layer, fontsize=10)
        axes.set_yticks(range(len(cases)), [case.replace("_", " ") for case in cases])
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    grid[0, 0].set_xlabel("score")
    handles = [
        plt.Line2D([], [], marker="o", linestyle="", color=COLOURS[truth], label=WORDS[truth])
        for truth in COLOURS
        if truth in set(shown["carries"])
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure, shown


SCORES = Figure("scores", "Scores of data sets whose truth is known", draw, reads=("scores", "detectors"))
