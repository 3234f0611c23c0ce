"""Define evaluations: what is measured on the models of a study, arm by arm.

An *evaluation* is a module of this package that declares an ``Evaluation``. For every arm, one job
(``chain.evaluations.measure``) makes its table, with at least one row per model. Every study measures answers; it lists other
evaluations under ``measures``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import pandera.pandas as pa

from sublearn.core.registry import Registry

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact

ANSWERS = "answers"


class ArmPlan(Protocol):
    """The part of a study's plan (``chain.plan``) that an evaluation may use."""

    study: Any

    def student(self, arm: str, trait: str, run: int) -> "Artifact":
        """A student; its inputs are its base, its carrier and, unless the rows were imported, its teacher."""

    def scored(self, carrier: str, teacher: str, trait: str, run: int) -> "Artifact":
        """What the judge of a carrier says of a teacher's rows."""

    def judges(self) -> "dict[str, Artifact]":
        """The judges that the study's own families need, as inputs; none by default."""

    def judge_folders(self) -> dict[str, Any]:
        """The same as part of a recipe: their folders by name, under ``judges``; empty if there is none."""


@dataclass(frozen=True)
class Reading:
    """What is read to measure one model, from which the cost is estimated.

    Attributes:
        rows: rows of a carrier.
        families: how often all questions of one family are asked.
        gradients: rows of whose loss the gradient in all weights is taken.
    """

    rows: int = 0
    families: int = 0
    gradients: int = 0


@dataclass(frozen=True)
class Evaluation(ABC):
    """An evaluation; a new one defines the abstract methods.

    Attributes:
        name: such as ``coverage``.
        schema: the columns of an arm's table; ``arm``, ``trait`` and ``run`` identify the model of a row.
        finding_schema: the columns of the study's table, ``findings/<name>.csv``.
        minutes: how long a job takes with tiny models.
        summary_name: the name of a second table, ``findings/<summary_name>.csv``, which ``summary`` makes of the first; if
            empty, there is none.
        summary_schema: its columns.
        beside_schema: the columns of a table that some studies have beside an arm's, ``<arm>-judged.parquet``.
    """

    name: str
    schema: type[pa.DataFrameModel]
    finding_schema: type[pa.DataFrameModel]
    minutes: int = 60
    summary_name: str = ""
    summary_schema: type[pa.DataFrameModel] | None = None
    beside_schema: type[pa.DataFrameModel] | None = None

    @abstractmethod
    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        """The artifacts that one student's rows are made from, by name; None if it cannot be measured."""

    @abstractmethod
    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        """The settings for all models of an arm."""

    @abstractmethod
    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        """The identity of one model and the paths of its inputs, as values for JSON."""

    @abstractmethod
    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        """Measure the models of an arm; returns its table, which fits ``schema``."""

    def measure_both(
        self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int
    ) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """The table of ``measure``, and the one beside it (``beside_schema``), if the evaluation makes one."""
        return self.measure(models, recipe, study_seed), None

    def reading(self, study: Any, arm: str) -> Reading:
        """What one of a study's models reads in an arm, about; by default, as much as for answers."""
        return Reading(families=7)

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """The study's table, made from its arms' rows; it fits ``finding_schema``. ``runs`` is ``runs.csv`` (contract 2)."""
        return table

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        """The second table, made from the first; it fits ``summary_schema``."""
        return finding

    @property
    def tables(self) -> list[str]:
        """The names of its tables among the findings."""
        return [name for name in (self.name, self.summary_name) if name]


EVALUATIONS = Registry("sublearn.chain.evaluations", Evaluation, "evaluation")  # type: ignore[type-abstract]
