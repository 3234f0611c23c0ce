"""Define the quantities that claims judge: each is measured in an arm, with its interval over units (``measures.units``).

A *claim quantity* is a module of this package that declares a ``Quantity``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from sublearn.core.errors import UserError
from sublearn.core.registry import Registry
from sublearn.core.statistics import Mean
from sublearn.measures import matrices
from sublearn.measures.pairs import paired
from sublearn.traits.base import families


class Claimed(Protocol):
    """The part of a claim that chooses its traits."""

    @property
    def family(self) -> str: ...
    @property
    def trait(self) -> str | None: ...


Measure = Callable[..., Mean]


@dataclass(frozen=True)
class Quantity:
    """A quantity that claims judge.

    Attributes:
        name: such as ``gamma``.
        measure: a function of a claim, an arm, ``arms.csv`` and ``runs.csv`` (contracts 4 and 2); it returns
            ``core.statistics.UNKNOWN`` if the study does not have the quantity. For a claim that compares two arms
            (``times``), both tables hold these arms alone, with what they have in common.
        of_family: whether it is measured for a whole family of traits only, which needs three traits.
        reads: the evaluations whose tables (``findings/<name>.csv``) ``measure`` gets after the others; the study must list
            them among its ``measures``.
        has_interval: whether it has an interval over units; a claim about one that has none must be judged by its mean.
        scale: what it is measured in, such as ``nats``; empty for probabilities and ratios.
    """

    name: str
    measure: Measure
    of_family: bool = False
    has_interval: bool = True
    reads: tuple[str, ...] = ()
    scale: str = ""


NATS = "nats"
QUANTITIES = Registry("sublearn.chain.findings.quantities", Quantity, "claim quantity")


def students_of(claim: Claimed, arm: str, runs: pd.DataFrame, metric: str = "probability") -> pd.DataFrame:
    """The students of an arm on the claim's traits, on plain questions: one row per run and trait.

    Returns:
        A table with index (unit, run, target) and columns ``base``, ``control`` and ``student``; empty if the arm has no such
        trait.
    """
    traits = [claim.trait] if claim.trait else families()[claim.family].traits
    found = paired(runs[runs["arm"].isin([arm, "base"])], metric)
    own = found[(found["trait"] == found["target"]) & found["target"].isin(traits)]
    return own.set_index(["unit", "run", "target"])[["base", "control", "student"]]


def over_units(values: pd.Series) -> Mean:
    """The mean over units of each unit's mean, with its interval; unknown if there are no values.

    Args:
        values: one per run and trait, with ``unit`` in the index, as in the tables of ``students_of``.

    Raises:
        UserError: there is no ``unit``.
    """
    if "unit" not in values.index.names:
        raise UserError(
            "a claim quantity: its values have no unit in their index; docs/extending.md, A claim quantity, has one."
        )
    return matrices.over_units(values.to_frame("value"), "value")
