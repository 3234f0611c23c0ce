"""Figures that declare themselves: what each is called, what it reads, how it is drawn.

A figure is a module of a study kind's ``figures`` package that declares a ``Figure``, and a caption in ``workflow/report``.
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
    """The files that a figure is drawn from, by the names that it reads."""

    files: Mapping[str, str | list[str]]

    def table(self, name: str, schema: type[pa.DataFrameModel]) -> pd.DataFrame:
        """One file, as a table."""
        return read_table(str(self.files[name]), schema)

    def paths(self, name: str) -> list[str]:
        """One file or several, by their paths."""
        found = self.files[name]
        return [found] if isinstance(found, str) else found


Draw = Callable[[Inputs], "tuple[matplotlib.figure.Figure, pd.DataFrame]"]


@dataclass(frozen=True)
class Figure:
    """A figure of a study.

    Attributes:
        name: of its files and its caption.
        title: in the report.
        draw: returns the drawing and the data that it shows.
        reads: the names of the tables and records that it is drawn from, as the study's plan knows them.
    """

    name: str
    title: str
    draw: Draw
    reads: tuple[str, ...] = field(default=("runs",))

    def suits(self, plan: Any) -> bool:
        """Whether a study has what the figure shows; ``plan`` is the study's."""
        return True
