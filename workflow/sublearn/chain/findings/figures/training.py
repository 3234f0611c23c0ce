"""Draw how well the students learned their numbers: their mean loss in the first and last epoch."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.evaluations.losses import Losses
from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.drawing import CONTROL, STUDENT, label
from sublearn.core.figures import Inputs
from sublearn.traits.base import NEUTRAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table = inputs.table("losses", Losses)
    arms = list(dict.fromkeys(table["arm"]))
    figure, axes = plt.subplots(figsize=(5.2, 0.9 + 0.42 * len(arms)))
    for place, arm in enumerate(arms):
        for role, part in table[table["arm"] == arm].groupby(table["trait"].eq(NEUTRAL)):
            colour, shift = (CONTROL, 0.15) if role else (STUDENT, -0.15)
            heights = [place + shift] * len(part)
            axes.plot(part["first_loss"], heights, "|", color=colour, markersize=7, alpha=0.6)
            axes.plot(part["last_loss"], heights, "o", color=colour, markersize=4, alpha=0.6)
    axes.set_yticks(range(len(arms)), [label(arm) for arm in arms])
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlabel("loss (nats per token): | first epoch, ● last epoch")
    return figure, table


TRAINING = ChainFigure("training", "What the students learned", draw, reads=("losses",))
