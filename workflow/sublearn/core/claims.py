"""Claims and their verdicts: a sentence of the paper, what was measured, and a typed rule that judges (contract 5)."""

import math
from typing import Literal

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series
from pydantic import Field

from sublearn.core.section import Section
from sublearn.core.statistics import Mean, interval

INTERVAL = ["ci_low", "ci_high"]
VERDICTS = ("reproduced", "not_reproduced", "opposite", "not_measured")


class Rule(Section):
    """What every claim has: a sentence, and on which side of which bound its quantity must lie.

    Reproduced: the interval lies wholly on the claimed side of the bound (with ``judge: mean``, the mean does); for
    ``within`` wholly between minus the bound and the bound. Opposite: where it should be above, it lies wholly below
    ``opposite_of``; where it should be below, wholly above the bound; where it should be within, wholly outside. Anything else
    is not reproduced.
    """

    claim: str = Field(description="short name, unique in the study")
    statement: str = Field(description="the sentence, in our words")
    source: str = Field(description="where the paper says it")
    paper_value: str = Field("", description="the paper's number, if it gives one")
    comparison: Literal["above", "below", "within"] = Field(description="the claimed side of the bound")
    bound: float = Field(description="what the quantity is compared with")
    times: str | None = Field(None, description="an arm: the bound is this multiple of that arm's mean quantity")
    judge: Literal["interval", "mean"] = Field("interval", description="what must lie on the claimed side")
    opposite_of: float = Field(0.0, description="for above: wholly below this is the opposite")


class Claims(pa.DataFrameModel):
    """One row per claim of the study, with its verdict by rule."""

    claim: Series[str]
    study: Series[str]
    statement: Series[str]
    source: Series[str]
    quantity: Series[str]
    paper_value: Series[str] = pa.Field(nullable=True)
    measured: Series[float] = pa.Field(nullable=True)
    ci_low: Series[float] = pa.Field(nullable=True)
    ci_high: Series[float] = pa.Field(nullable=True)
    verdict: Series[str] = pa.Field(isin=VERDICTS)
    figure: Series[str]

    class Config:
        strict = True
        coerce = True


COLUMNS = list(Claims.to_schema().columns)


def bound_of(rule: Rule, reference: Mean | None) -> float:
    """The rule's bound, a multiple of the reference's mean if it names one; NaN where that may be zero: it says nothing."""
    if reference is None:
        return rule.bound
    return rule.bound * reference.value if reference.low > 0 else math.nan


def judge(rule: Rule, found: Mean, bound: float) -> str:
    """The verdict by the rule; nothing measured, nothing judged."""
    if math.isnan(found.value) or math.isnan(bound):
        return "not_measured"
    known = not math.isnan(found.low)
    low, high = (found.low, found.high) if known else (-math.inf, math.inf)
    if rule.judge == "mean":
        low_claimed = high_claimed = found.value
    else:
        low_claimed, high_claimed = low, high
    if rule.comparison == "within":
        if -bound < low_claimed and high_claimed < bound:
            return "reproduced"
        return "opposite" if known and (low > bound or high < -bound) else "not_reproduced"
    if rule.comparison == "above":
        return "reproduced" if low_claimed > bound else "opposite" if high < rule.opposite_of else "not_reproduced"
    return "reproduced" if high_claimed < bound else "opposite" if low > bound else "not_reproduced"


def row(rule: Rule, study: str, what: str, found: Mean, reference: Mean | None, figure: str) -> dict[str, object]:
    """A row of ``claims.csv``; ``what`` names the quantity, ``reference`` is that of the arm that ``times`` names."""
    times = f" x {rule.times}" if rule.times else ""
    return {
        "claim": rule.claim, "study": study, "statement": rule.statement, "source": rule.source,
        "quantity": f"{what} {rule.comparison} {rule.bound:g}{times} ({rule.judge})",
        "paper_value": rule.paper_value or None, "measured": found.value, "ci_low": found.low, "ci_high": found.high,
        "verdict": judge(rule, found, bound_of(rule, reference)), "figure": figure,
    }  # fmt: skip


def markdown(claims: pd.DataFrame) -> list[str]:
    """The claims of a study as a section of its summary; nothing where it has none."""
    if claims.empty:
        return []
    lines = ["## Claims", "", "| claim | measured | 95 % interval | verdict |", "|---|---|---|---|"]
    for one in claims.itertuples():
        measured = "" if math.isnan(one.measured) else f"{one.measured:.3f}"
        between = "" if math.isnan(one.measured) else interval(one.ci_low, one.ci_high, 3)
        lines.append(f"| {one.statement} | {measured} | {between} | {one.verdict.replace('_', ' ')} |")
    return [*lines, ""]


def metrics(claims: pd.DataFrame, arms: pd.DataFrame | None = None) -> dict[str, dict[str, dict[str, float]]]:
    """What each claim measured, and gamma of each arm and family, with their intervals; unknown numbers are left out.

    ``dvc metrics diff`` compares this between commits.
    """
    found = {"claims": {row["claim"]: _known(row[["measured", *INTERVAL]]) for _, row in claims.iterrows()}}
    if arms is not None:
        found["gamma"] = {f"{row['arm']}, {row['family']}": _known(row[["gamma", *INTERVAL]]) for _, row in arms.iterrows()}
    return found


def _known(row: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in row.items() if pd.notna(value)}
