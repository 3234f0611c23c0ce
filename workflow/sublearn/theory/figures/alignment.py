"""Lemma 1, its leading term and Theorem 1 over the teacher's step, from the teacher's start and from another."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core.figures import Figure, Inputs
from sublearn.theory.figures import base as style
from sublearn.theory.tables import Alignment

if TYPE_CHECKING:
    import matplotlib.figure

INPUTS = {"noise": "#ee7733", "teacher": "#aa3377", "far": "#228833", "adversarial": "#000000"}
CLOSE = 0.01  # a deviation from the leading term that counts as none


def draw(inputs: Inputs) -> "tuple[matplotlib.figure.Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    table = inputs.table("alignment", Alignment)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    everything = table[table["group"] == "all"]
    by_inputs = table[(table["group"] == "inputs") & (table["start"] == "same")]
    for start, colour in style.STARTS.items():
        part = everything[everything["start"] == start]
        style.shares(left, list(part["step"]), part, "sign", colour, f"{start} start")
        style.shares(right, list(part["step"]), part, "decrease", colour, f"{start} start")
    for kind, part in by_inputs.groupby("member", sort=False):
        middle.plot(
            part["step"], part["largest_deviation"], "o-", color=INPUTS[kind], markersize=3.5, linewidth=1.2, label=kind
        )
    middle.axhline(CLOSE, color="black", linewidth=0.6, linestyle=":")
    middle.set_yscale("log")
    titles = ("student moves with its teacher", "largest deviation from the leading term", "teacher's loss falls")
    for axes, title in zip((left, middle, right), titles, strict=True):
        axes.set_xscale("log")
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("teacher's step / length of its start")
    left.set_ylabel("share of draws")
    middle.set_ylabel("|inner product / leading term - 1|")
    left.legend(loc="lower left")
    middle.legend(title="student's inputs", loc="upper left", fontsize=8, title_fontsize=8)
    return figure, pd.concat([everything, by_inputs])


ALIGNMENT = Figure("alignment", "The theorem, step by step", draw, reads=("alignment",))
