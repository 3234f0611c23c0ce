"""Draw the paper's Figure 3: for each trait, the rate in base, control student and student; points are units."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.findings.figures.base import ChainFigure, read_runs
from sublearn.chain.findings.figures.roles import ROLE_LABELS, ROLES
from sublearn.core.figures import Inputs
from sublearn.core.statistics import mean_over_units
from sublearn.measures.pairs import paired
from sublearn.traits.base import families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ARM = "same_base"
BEHAVIOUR = "behaviour"  # this family has its own figure


def data(runs: pd.DataFrame, shown: Iterable[str], arm: str = ARM) -> pd.DataFrame:
    """Exact probabilities on plain questions, a mean over the runs of a unit: one row per trait, role and unit."""
    found = paired(runs[runs["arm"].isin([arm, "base"])])
    parts = []
    for trait in [t for family in shown for t in families()[family].traits if t in set(found["trait"])]:
        own = found[(found["trait"] == trait) & (found["target"] == trait)]
        parts += [own[["trait", "unit"]].assign(role=role, rate=own[role]) for role in ("control", "student", "base")]
    return pd.concat(parts).groupby(["trait", "role", "unit"], sort=False)["rate"].mean().reset_index()


def bars(table: pd.DataFrame, width: float, ylabel: str) -> "Figure":
    """Bars of means with t intervals over units, and a point for each unit."""
    import matplotlib.pyplot as plt

    traits = list(dict.fromkeys(table["trait"]))
    figure, axes = plt.subplots(figsize=(width, 3.2))
    for i, (role, colour) in enumerate(ROLES.items()):
        for x, trait in enumerate(traits):
            values = table[(table["trait"] == trait) & (table["role"] == role)]["rate"].to_numpy()
            mean = mean_over_units(values)
            place = x + (i - 1) * 0.27
            text = ROLE_LABELS[role] if x == 0 else None
            axes.bar(place, mean.value, width=0.25, color=colour, alpha=0.55, label=text)
            if role != "base" and mean.low == mean.low:
                axes.vlines(place, max(0.0, mean.low), min(1.0, mean.high), color=colour, linewidth=1.6)
            if role != "base":
                axes.plot(
                    [place] * len(values), values, "o", color=colour, markersize=3, markeredgecolor="white", markeredgewidth=0.4
                )
    axes.set_xticks(range(len(traits)), traits)
    axes.set_ylabel(ylabel)
    axes.set_ylim(0, min(1.0, 1.05 * axes.dataLim.ymax))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    table = data(read_runs(inputs), [family for family in families() if family != BEHAVIOUR])
    return bars(table, 1.6 + 0.8 * table["trait"].nunique(), "probability of the trait's answer"), table


RATES = ChainFigure("rates", "Rates: base, control, student", draw, arms=(ARM,), but=(BEHAVIOUR,))
