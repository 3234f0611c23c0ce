"""How far students of each arm moved."""

from sublearn.chain.evaluations.norms import Norms

from sublearn.chain.findings.figures.base import ChainFigure


def draw(inputs):
    import matplotlib.pyplot as plt

    table = inputs.table("norms", Norms)
    figure, axes = plt.subplots()
    axes.plot(table["arm"], table["norm"], "o")
    return figure, table


NORMS = ChainFigure("norms", "How far students moved", draw, reads=("norms",), needs=("norms",))
