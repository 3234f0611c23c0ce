"""Draw the trait x trait matrix of every arm: log-odds of each trait's answer in a student, minus those of its control."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sublearn.chain.findings.figures.base import ChainFigure, read_runs
from sublearn.core.drawing import label
from sublearn.core.figures import Inputs
from sublearn.measures.pairs import paired
from sublearn.measures.transfer import MIN_TRAITS
from sublearn.traits.base import families, family_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def data(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean over units of log-odds(student) - log-odds(control of the run), one row per arm, trait and target."""
    rest = paired(runs, "log_odds")
    rest = rest.assign(change=rest["student"] - rest["control"])
    rest = rest[rest["trait"].map(family_of) == rest["target"].map(family_of)]
    rest = rest[rest["target"].isin(rest["trait"])]
    by_unit = rest.groupby(["arm", "trait", "target", "unit"], sort=False)["change"].mean()
    return by_unit.groupby(["arm", "trait", "target"], sort=False).mean().reset_index()


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt
    import seaborn as sns

    table = data(read_runs(inputs))
    panels = []
    for arm in dict.fromkeys(table["arm"]):
        for family in families().values():
            part = table[(table["arm"] == arm) & table["trait"].isin(family.traits)]
            if part["trait"].nunique() >= MIN_TRAITS:
                panels.append((arm, part.pivot(index="trait", columns="target", values="change")))
    columns = min(4, len(panels))
    lines = -(-len(panels) // columns)
    limit = max(float(grid.abs().max().max()) for _, grid in panels)
    # Room for the numbers and names of the largest family, in inches.
    side = max(2.6, 1.2 + 0.33 * max(len(grid) for _, grid in panels))
    figure, axes = plt.subplots(
        lines, columns, figsize=((side + 0.1) * columns, side * lines), squeeze=False, layout="constrained"
    )
    for axis, (arm, grid) in zip(axes.flat, panels, strict=False):
        square = grid[[t for t in grid.index if t in grid.columns]]
        sns.heatmap(square, cmap="RdBu_r", vmin=-limit, vmax=limit, square=True, cbar=False, annot=True, fmt=".1f",
                    annot_kws={"size": 7}, ax=axis)  # fmt: skip
        axis.set_title(label(arm), fontsize=10)
        axis.set_xlabel("")
        axis.set_ylabel("")
        axis.tick_params(axis="x", rotation=45)
        axis.tick_params(axis="y", rotation=0)
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    figure.supxlabel("answer", fontsize=10)
    figure.supylabel("student of", fontsize=10)
    return figure, table[np.isfinite(table["change"])]


TRAIT_MATRIX = ChainFigure("trait_matrix", "Trait by trait", draw, gamma=True)
