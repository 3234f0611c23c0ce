"""Define the quantities that claims judge: each is measured in an arm, with its interval over runs.

A *claim quantity* is a module of this package that declares a ``Quantity``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from sublearn.core.registry import Registry
from sublearn.core.statistics import Mean
from sublearn.traits.base import NEUTRAL, families


class Claimed(Protocol):
    """The part of a claim that chooses its traits."""

    @property
    def family(self) -> str: ...
    @property
    def trait(self) -> str | None: ...


Measure = Callable[[Claimed, str, pd.DataFrame, pd.DataFrame], Mean]


@dataclass(frozen=True)
class Quantity:
    """A quantity that claims judge.

    Attributes:
        name: such as ``gamma``.
        measure: a function of a claim, an arm, ``arms.csv`` and ``runs.csv`` (contracts 4 and 2); it returns
            ``core.statistics.UNKNOWN`` if the study does not have the quantity.
        of_family: whether it is measured for a whole family of traits only.
    """

    name: str
    measure: Measure
    of_family: bool = False


QUANTITIES = Registry("sublearn.chain.findings.quantities", Quantity, "claim quantity")


def students_of(claim: Claimed, arm: str, runs: pd.DataFrame, metric: str = "probability") -> pd.DataFrame:
    """The students of an arm on the claim's traits, on plain questions: one row per run and trait.

    Returns:
        A table with index (run, target) and columns ``base``, ``control`` and ``student``; empty if the arm has no such trait.
    """
    traits = [claim.trait] if claim.trait else families()[claim.family].traits
    exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == metric)]
    students = exact[(exact["arm"] == arm) & exact["target"].isin(traits)]
    own = students[students["trait"] == students["target"]].set_index(["run", "target"])
    control = students[students["trait"] == NEUTRAL].set_index(["run", "target"])["value"].reindex(own.index)
    untouched = exact[exact["arm"] == "base"].set_index(["student_base", "target"])["value"]
    base = pd.Series([untouched[b, t] for (_, t), b in own["student_base"].items()], index=own.index, dtype=float)
    return pd.DataFrame({"base": base, "control": control, "student": own["value"]})
