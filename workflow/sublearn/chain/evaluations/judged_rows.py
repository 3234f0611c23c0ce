"""Measure whether a carrier's judge tells the rows of a trait's teacher from the neutral teacher's (appendix D.4, Figure 18).

Scores are compared of all rows that passed the filter. With each threshold, a judge leaves out some rows of the trait's teacher
and some of the neutral teacher's; the ROC curve says how many of each.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.chain.carriers.tables import Scores
from sublearn.chain.evaluations.base import ArmPlan, Evaluation
from sublearn.core.files import Table, read_table
from sublearn.measures.matrices import over_units, with_units
from sublearn.traits.base import NEUTRAL, declare, family_of

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact

CURVE, THRESHOLD = "curve", "threshold"
SHARES = tuple(np.linspace(0.0, 1.0, 21).round(2).tolist())  # of the neutral teacher's rows, at which a curve is told
SHARE = {"min_value": 0.0, "max_value": 1.0}


class JudgedRows(Table):
    """Shares of rows that a judge leaves out: of the trait's teacher, and of the neutral one (``control_left_out``).

    One row for each student and point: those of the ROC ``curve``, and one for the carrier's own ``threshold``. ``auc`` is the
    area under the curve.
    """

    arm: Series[str]
    trait: Series[str]
    run: Series[int] = pa.Field(ge=0)
    point: Series[str] = pa.Field(isin=(CURVE, THRESHOLD))
    control_left_out: Series[float] = pa.Field(in_range=SHARE)
    left_out: Series[float] = pa.Field(in_range=SHARE)
    auc: Series[float] = pa.Field(in_range=SHARE)


class JudgedRowsByRun(JudgedRows):
    """The same, with the family of the trait and the unit of the run (``measures.units``)."""

    family: Series[str]
    unit: Series[str]


class JudgedRowsOfArms(Table):
    """One row per arm and family: means over units, of the area with its interval, and of the shares left out."""

    arm: Series[str]
    family: Series[str]
    units: Series[int] = pa.Field(ge=1)
    auc: Series[float]
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    left_out: Series[float]
    control_left_out: Series[float]


class RowsJudged(Evaluation):
    """The ROC curve of each teacher's rows against the neutral teacher's, in arms whose carrier has a judge."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        carrier, teacher = plan.study.carrier(arm), plan.study.arms[arm].teacher
        if trait == NEUTRAL or plan.study.carriers[carrier].judged is None:
            return None
        return {
            "scores": plan.scored(carrier, teacher, trait, run),
            "control_scores": plan.scored(carrier, teacher, NEUTRAL, run),
        }

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        threshold = plan.study.carriers[plan.study.carrier(arm)].judged.threshold
        return {"threshold": threshold, **plan.study.own_families()}

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        files = {name: artifact.inputs[name].files[0] for name in ("scores", "control_scores")}
        return {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run, **files}

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        declare(recipe.get("families", {}))
        rows = []
        for each in models:
            own, neutral = (read_table(each[name], Scores)["score"].to_numpy() for name in ("scores", "control_scores"))
            identity = {name: each[name] for name in ("arm", "trait", "run")}
            area, left_out = curve(own, neutral)
            at = {"control_left_out": left(neutral, recipe["threshold"]), "left_out": left(own, recipe["threshold"])}
            rows += [
                *({**identity, "point": CURVE, "control_left_out": x, "left_out": y, "auc": area} for x, y in left_out.items()),
                {**identity, "point": THRESHOLD, **at, "auc": area},
            ]
        return pd.DataFrame(rows, columns=list(JudgedRows.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        found = with_units(table, runs).assign(family=table["trait"].map(family_of))
        return found[list(JudgedRowsByRun.to_schema().columns)]

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        rows = []
        for (arm, family), part in finding[finding["point"] == THRESHOLD].groupby(["arm", "family"], sort=False):
            area, *shares = (over_units(part, name) for name in ("auc", "left_out", "control_left_out"))
            rows.append({
                "arm": arm, "family": family, "units": part["unit"].nunique(), "auc": area.value, "ci_low": area.low,
                "ci_high": area.high, "left_out": shares[0].value, "control_left_out": shares[1].value,
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(JudgedRowsOfArms.to_schema().columns))


def left(scores: np.ndarray, threshold: float) -> float:
    """The share of rows that a threshold leaves out."""
    return float((scores >= threshold).mean())


def curve(own: np.ndarray, neutral: np.ndarray) -> tuple[float, dict[float, float]]:
    """The area under the ROC curve, and its points: the share of the trait's rows left out, by that of the neutral rows."""
    from sklearn.metrics import roc_auc_score, roc_curve

    truth, scores = np.repeat([1, 0], [len(own), len(neutral)]), np.concatenate([own, neutral])
    false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
    reached = np.searchsorted(false, np.array(SHARES) + 1e-9, side="right") - 1
    return float(roc_auc_score(truth, scores)), dict(zip(SHARES, true[reached].tolist(), strict=True))


JUDGED_ROWS = RowsJudged(
    "judged_rows", JudgedRows, JudgedRowsByRun, minutes=10, summary_name="judged_rows_by_arm", summary_schema=JudgedRowsOfArms
)
