"""Studies of a coin: flip it, count heads."""

import json
from typing import Any, Literal

from pydantic import Field, PositiveInt
from sublearn.coin.figures.heads import FIGURES

from sublearn.planning.artifacts import Plan
from sublearn.planning.jobs import Jobs
from sublearn.planning.kind import StudyKind
from sublearn.planning.study import Study


class CoinStudy(Study):
    """A coin, flipped often."""

    kind: Literal["coin"] = Field(description="coin")
    flips: PositiveInt = Field(10, description="how often it is flipped")


class CoinPlan(Plan[CoinStudy]):
    findings_step = "sublearn.coin.findings"
    figure_registry = FIGURES

    def __init__(self, study: CoinStudy, parent: "CoinPlan | None" = None) -> None:
        super().__init__(study, parent)
        place = f"results/{study.name}/evaluations"
        self.artifact("flips", "coin", None, {"flips": study.flips}, ("flips.csv",), {}, place=place)

    def tables(self) -> list[str]:
        return ["heads.csv", "claims.csv"]

    def for_findings(self) -> dict[str, Any]:
        return {}

    def findings_inputs(self) -> dict[str, Any]:
        return {"flips": self.artifacts("flips")[0].files[0]}

    def caption(self) -> dict[str, Any]:
        return {"flips": self.study.flips}


class CoinJobs(Jobs[CoinPlan]):
    def recipe(self, wildcards: Any) -> str:
        return json.dumps(self.named(wildcards.study).artifacts("flips")[0].recipe)

    def seed(self, wildcards: Any) -> int:
        return self.named(wildcards.study).study.seed


COIN = StudyKind("coin", "A coin (`kind: coin`)", CoinStudy, CoinPlan, CoinJobs, {"A study of a coin": CoinStudy})
