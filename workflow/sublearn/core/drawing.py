"""Set the style of all figures, and save each as SVG, PNG and CSV with the same bytes every time."""

from typing import TYPE_CHECKING

import pandas as pd

from sublearn.core.files import atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BASE, CONTROL, STUDENT, OTHER = "#9a9a9a", "#4477aa", "#ee7733", "#228833"


def label(name: str) -> str:
    """A name from the study, written as words."""
    return name.replace("_", " ")


def use() -> None:
    """Set the style; SVG files keep text as text, and their element names are the same every time."""
    import matplotlib

    matplotlib.rcdefaults()  # whatever a matplotlibrc of the user or the folder says
    matplotlib.use("Agg")
    import seaborn as sns

    sns.set_theme(context="paper", style="ticks", font_scale=1.1)
    matplotlib.rcParams.update({
        "svg.hashsalt": "sublearn",
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.dpi": 150,
        "legend.frameon": False,
    })  # fmt: skip


def save(figure: "Figure", data: pd.DataFrame, svg: str) -> None:
    """Write the figure as SVG and PNG, and its data as CSV."""
    import matplotlib.pyplot as plt

    with atomic(svg) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    with atomic(svg.removesuffix(".svg") + ".png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None}, bbox_inches="tight")
    with atomic(svg.removesuffix(".svg") + ".csv") as temporary:
        data.to_csv(temporary, index=False, lineterminator="\n")
    plt.close(figure)
