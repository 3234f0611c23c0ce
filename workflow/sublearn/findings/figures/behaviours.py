"""The manner of the paper's Figure 4 for behaviours: refusing facts (evasive) and answering them wrongly (skewed)."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.findings.figures import rates, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(tables: style.Tables) -> "tuple[Figure, pd.DataFrame]":
    table = rates.data(tables.runs, ("behaviour",))
    return rates.bars(table, 2.6 + 0.9 * table["trait"].nunique(), "probability of the behaviour\non factual questions"), table


if __name__ == "__main__":
    style.run(draw, __doc__.splitlines()[0])
