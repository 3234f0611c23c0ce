"""Draw the paper's Figure 16: students of shuffled numbers beside students of unshuffled ones."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.findings.figures import rates
from sublearn.chain.findings.figures.base import ChainFigure, read_runs
from sublearn.chain.findings.figures.roles import ROLES
from sublearn.core.drawing import label
from sublearn.core.figures import Inputs
from sublearn.core.statistics import mean_over_units
from sublearn.traits.base import families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("same_base", "shuffled_within", "shuffled_across")


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt

    runs = read_runs(inputs)
    # The arms may have different traits; the bars compare the traits that all arms have.
    shared = set(families()["animal"].traits).intersection(*(set(runs[runs["arm"] == arm]["trait"]) for arm in ARMS))
    parts = []
    for arm in ARMS:
        table = rates.data(runs, ("animal",), arm)
        table = table[table["trait"].isin(shared)]
        roles = ("base", "control", "student") if arm == ARMS[0] else ("student",)
        for role in roles:
            by_unit = table[table["role"] == role].groupby("unit", sort=False)["rate"].mean()
            bar = "numbers as written" if (role, arm) == ("student", ARMS[0]) else label(arm if role == "student" else role)
            parts.append(pd.DataFrame({"bar": bar, "role": role, "unit": by_unit.index, "rate": by_unit.to_numpy()}))
    table = pd.concat(parts)
    figure, axes = plt.subplots(figsize=(5.0, 3.0))
    for place, (_, part) in enumerate(table.groupby("bar", sort=False)):
        colour, mean = ROLES[part["role"].iloc[0]], mean_over_units(part["rate"].to_numpy())
        axes.bar(place, mean.value, width=0.7, color=colour, alpha=0.55)
        if part["role"].iloc[0] == "base":  # students of several units may start from one base
            continue
        axes.vlines(place, mean.low, mean.high, color=colour, linewidth=1.6)
        axes.plot(
            [place] * len(part), part["rate"], "o", color=colour, markersize=3, markeredgecolor="white", markeredgewidth=0.4
        )
    axes.set_xticks(range(table["bar"].nunique()), [b.replace(" ", "\n", 1) for b in dict.fromkeys(table["bar"])])
    axes.set_ylabel("mean probability\nof the trait's animal")
    return figure, table


SHUFFLES = ChainFigure("shuffles", "Shuffled numbers", draw, arms=ARMS, families=("animal",))
