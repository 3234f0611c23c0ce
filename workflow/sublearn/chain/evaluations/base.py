"""What can be measured of the models of a study, arm by arm.

An *evaluation* is a module of this package that declares an ``Evaluation``. Each has a table for every arm, with one row or
more for each model, made by one job (``chain.evaluations.measure``). A study asks all models for their answers; it names the
other evaluations that it wants under ``measures``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pandera.pandas as pa

from sublearn.core.registry import Registry

if TYPE_CHECKING:
    from sublearn.chain.plan import ChainPlan
    from sublearn.planning.artifacts import Artifact

ANSWERS = "answers"


@dataclass(frozen=True)
class Evaluation(ABC):
    """An evaluation; the methods are what a new one defines.

    Attributes:
        name: such as ``coverage``.
        schema: the columns of an arm's table; ``arm``, ``trait`` and ``run`` say whose a row is.
        finding_schema: the columns of the study's table, ``findings/<name>.csv``.
        of_bases: the untouched bases are measured too, as an arm of their own.
        minutes: what a job takes with tiny models.
    """

    name: str
    schema: type[pa.DataFrameModel]
    finding_schema: type[pa.DataFrameModel]
    of_bases: bool = False
    minutes: int = 60

    @abstractmethod
    def inputs(self, plan: "ChainPlan", arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        """What the rows of one student are made of, by name; None where it cannot be measured."""

    @abstractmethod
    def recipe(self, plan: "ChainPlan", arm: str) -> dict[str, Any]:
        """The settings that every job of the arm is given."""

    @abstractmethod
    def model(self, plan: "ChainPlan", arm: str, artifact: "Artifact") -> dict[str, Any]:
        """Who one model is and where its inputs lie, in values that JSON can hold."""

    @abstractmethod
    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        """The table of an arm, which fits ``schema``."""

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """The study's table from those of its arms, which fits ``finding_schema``; ``runs`` is ``runs.csv`` (contract 2)."""
        return table


EVALUATIONS = Registry("sublearn.chain.evaluations", Evaluation, "evaluation")  # type: ignore[type-abstract]
