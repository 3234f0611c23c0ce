"""Heads and tails as bars."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.core.figures import Figure
from sublearn.core.registry import Registry


class Heads(pa.DataFrameModel):
    """How often each side fell."""

    side: Series[str]
    count: Series[int]


def draw(inputs):
    import matplotlib.pyplot as plt

    table: pd.DataFrame = inputs.table("heads", Heads)
    figure, axes = plt.subplots()
    axes.bar(table["side"], table["count"])
    return figure, table


FIGURES = Registry("sublearn.coin.figures", Figure, "figure")
HEADS = Figure("heads", "Heads and tails", draw, reads=("heads",))
