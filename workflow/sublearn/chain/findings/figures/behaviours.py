"""Draw the rates of behaviours, like the paper's Figure 4: refusing facts, or answering them in ways of one's own."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.chain.findings.figures import rates
from sublearn.chain.findings.figures.base import ChainFigure, read_runs
from sublearn.core.figures import Inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(inputs: Inputs) -> "tuple[Figure, pd.DataFrame]":
    table = rates.data(read_runs(inputs), (rates.BEHAVIOUR,))
    return rates.bars(table, 2.6 + 0.9 * table["trait"].nunique(), "probability of the behaviour\non factual questions"), table


BEHAVIOURS = ChainFigure("behaviours", "Behaviours", draw, arms=(rates.ARM,), families=(rates.BEHAVIOUR,))
