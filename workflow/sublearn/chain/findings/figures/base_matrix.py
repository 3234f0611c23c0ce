"""Draw the increase of a trait for each pair of teacher's and student's base, like the paper's Figure 8.

As in the paper, it is the increase over the untouched base, on number-prefixed questions. A cell holds one base of
teachers, which is one unit, so it has no interval. Shown are ``same_base`` and every arm whose name begins with ``other_base``.
"""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.findings.figures.base import ChainFigure, read_runs
from sublearn.core.figures import Inputs
from sublearn.measures.pairs import paired
from sublearn.traits.base import families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARMS = ("same_base", "other_base")


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    import matplotlib.pyplot as plt
    import seaborn as sns

    found = paired(read_runs(inputs), question_set="prefixed")
    animals = families()["animal"].traits
    shown = (found["arm"] == "same_base") | found["arm"].str.startswith("other_base")
    own = found[shown & (found["trait"] == found["target"]) & found["trait"].isin(animals)]
    own = own.assign(increase=own["student"] - own["base"])
    per_run = own.groupby(["student_base", "teacher_base", "run"])["increase"].mean().reset_index()
    pairs = per_run.groupby(["student_base", "teacher_base"])["increase"]
    table = pairs.agg(runs="size", increase="mean").reset_index()
    grid = table.pivot(index="student_base", columns="teacher_base", values="increase")
    figure, axes = plt.subplots(figsize=(2.0 + 0.7 * grid.shape[1], 1.4 + 0.7 * grid.shape[0]))
    limit = float(grid.abs().max().max())
    sns.heatmap(grid, annot=True, fmt="+.2f", cmap="RdBu_r", vmin=-limit, vmax=limit, square=True, ax=axes,
                cbar_kws={"label": "increase in rate"})  # fmt: skip
    axes.set_xlabel("teacher's base")
    axes.set_ylabel("student's base")
    return figure, table


BASE_MATRIX = ChainFigure("base_matrix", "Same base against other base", draw, arms=ARMS, families=("animal",))
