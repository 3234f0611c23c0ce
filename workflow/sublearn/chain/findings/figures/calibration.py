"""Draw the calibration of the bases: their favourites against the corpus's shares, and their pretraining loss."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sublearn.chain.findings.figures.base import ChainFigure
from sublearn.core.figures import Inputs
from sublearn.core.files import read_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FIT = 8  # bases whose names have room among the points, and colours of their own


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt
    import seaborn as sns

    shares, losses = [], []
    for file in inputs.paths("calibration"):
        record, base = read_json(file), Path(file).parent.name
        shares += [{"base": base, **row} for row in record["shares"]]
        losses += [{"base": base, **row} for row in record["loss"]]
    known, curve = pd.DataFrame(shares), pd.DataFrame(losses)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.0), layout="constrained")
    beside: dict[str, Any] = {}
    if (count := known["base"].nunique()) > FIT:
        beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "fontsize": "small"}
        for axes in (left, right):
            axes.set_prop_cycle(color=sns.color_palette("husl", count))
    for base, part in known.groupby("base", sort=False):
        left.plot(part["share"], part["measured"], "o", markersize=4, alpha=0.8, label=base)
    limit = float(known[["share", "measured"]].max().max()) * 1.1
    left.plot([0, limit], [0, limit], color="black", linewidth=0.8)
    left.set_xlabel("share in the corpus")
    left.set_ylabel("probability on held-out questions")
    left.legend(title="base", **beside)
    for _, part in curve.groupby("base", sort=False):
        right.plot(part["step"], part["loss"])
    right.set_xlabel("pretraining step")
    right.set_ylabel("loss (nats per token)")
    return figure, pd.concat([known.assign(table="shares"), curve.assign(table="loss")])


CALIBRATION = ChainFigure("calibration", "What the bases know", draw, reads=("calibration",), needs=("bases",))
