"""Declare figures: the name of each, the files that it reads, and how it is drawn.

To add a figure, add a module that declares a ``Figure`` to a study kind's ``figures`` package, and a caption to
``workflow/report``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import pandera.pandas as pa

from sublearn.core.files import read_table

if TYPE_CHECKING:
    import matplotlib.figure


@dataclass(frozen=True)
class Inputs:
    """The files that a figure is drawn from, by name."""

    files: Mapping[str, str | list[str]]

    def table(self, name: str, schema: type[pa.DataFrameModel]) -> pd.DataFrame:
        """Read one file as a table."""
        return read_table(str(self.files[name]), schema)

    def paths(self, name: str) -> list[str]:
        """The paths of one or several files."""
        files = self.files[name]
        return [files] if isinstance(files, str) else files


Draw = Callable[[Inputs], "tuple[matplotlib.figure.Figure, pd.DataFrame]"]


@dataclass(frozen=True)
class Figure:
    """A figure of a study.

    Attributes:
        name: the name of its files and its caption.
        title: its title in the report.
        draw: a function that returns the drawing and the data that it shows.
        reads: the names, in the study's plan, of the tables and records that it is drawn from.
    """

    name: str
    title: str
    draw: Draw
    reads: tuple[str, ...] = field(default=("runs",))

    def suits(self, plan: Any) -> bool:
        """Whether the study with this plan has what the figure shows."""
        return True

    def prepare(self, inputs: Inputs) -> None:
        """Called before it is drawn."""
