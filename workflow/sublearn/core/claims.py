"""Judge claims by typed rules: each claim has a sentence, a measured quantity and a verdict (contract 5)."""

import math
from typing import Literal

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series
from pydantic import Field, model_validator

from sublearn.core.files import Table
from sublearn.core.markdown import plain
from sublearn.core.section import Section
from sublearn.core.statistics import Mean, interval

INTERVAL = ["ci_low", "ci_high"]
VERDICTS = ("reproduced", "not_reproduced", "opposite", "not_measured")


class Rule(Section):
    """The keys that all claims share: the sentence, and where its quantity must lie.

    A claim is reproduced if the whole interval (with ``judge: mean``, the mean) lies on the claimed side of the bound; for
    ``within``, between minus the bound and the bound. It is opposite if the whole interval lies below ``opposite_of``
    (``above``), above the bound (``below``), or on one side of both bounds (``within``). Anything else is not reproduced.
    """

    claim: str = Field(description="short name, unique in the study")
    statement: str = Field(description="the claim in one sentence, in our words")
    source: str = Field(description="where the paper says it")
    paper_value: str = Field("", description="the paper's number, if it gives one")
    comparison: Literal["above", "below", "within"] = Field(
        description="where the quantity should lie: above or below the bound, or within plus or minus it"
    )
    bound: float = Field(description="the value that the quantity is compared with")
    times: str | None = Field(
        None,
        description="name of an arm: the bound is multiplied by the mean of the quantity in that arm, which is taken as exact",
    )
    judge: Literal["interval", "mean"] = Field(
        "interval", description="what must lie on the claimed side: the whole interval, or only the mean"
    )
    opposite_of: float = Field(0.0, description="for above: the verdict is opposite if the whole interval lies below this")

    @model_validator(mode="after")
    def _can_be_judged(self) -> "Rule":
        if self.comparison == "within" and self.bound <= 0:
            raise ValueError(f".bound: found {self.bound:g}; for within, it should be more than 0, or nothing lies there")
        if self.opposite_of == type(self).model_fields["opposite_of"].default:
            return self
        if self.comparison != "above":
            raise ValueError(f".opposite_of: only above has one, and the comparison is {self.comparison}; leave it out")
        if self.times is None and self.opposite_of > self.bound:  # else how large the bound is, is known when it is measured
            raise ValueError(f".opposite_of: found {self.opposite_of:g}; should be at most the bound, {self.bound:g}")
        return self

    @property
    def what(self) -> str:
        """The quantity in words, such as "gamma of animal in same_base"."""
        return str(getattr(self, "quantity", self.claim))

    @property
    def rule(self) -> str:
        """The quantity and where it must lie, as ``claims.csv`` has it in its column ``quantity``."""
        times = f" x {self.times}" if self.times else ""
        return f"{self.what} {self.comparison} {self.bound:g}{times} ({self.judge})"


class Claims(Table):
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


COLUMNS = list(Claims.to_schema().columns)


def bound_of(rule: Rule, reference: Mean | None) -> float:
    """The rule's bound, times the reference's mean if there is one; NaN unless the interval of that mean lies above zero."""
    if reference is None:
        return rule.bound
    return rule.bound * reference.value if reference.low > 0 else math.nan


def judge(rule: Rule, measured: Mean, bound: float) -> str:
    """The rule's verdict on a measured mean; ``not_measured`` if the mean or the bound is NaN."""
    if math.isnan(measured.value) or math.isnan(bound):
        return "not_measured"
    has_interval = not math.isnan(measured.low)
    low, high = (measured.low, measured.high) if has_interval else (-math.inf, math.inf)
    if rule.judge == "mean":
        low_claimed = high_claimed = measured.value
    else:
        low_claimed, high_claimed = low, high
    if rule.comparison == "within":
        if -bound < low_claimed and high_claimed < bound:
            return "reproduced"
        return "opposite" if has_interval and (low > bound or high < -bound) else "not_reproduced"
    if rule.comparison == "above":
        return "reproduced" if low_claimed > bound else "opposite" if high < rule.opposite_of else "not_reproduced"
    return "reproduced" if high_claimed < bound else "opposite" if low > bound else "not_reproduced"


def row(rule: Rule, study: str, measured: Mean, reference: Mean | None, figure: str) -> dict[str, object]:
    """A row of ``claims.csv``; ``reference`` is the quantity's mean in the arm that ``times`` names."""
    return {
        "claim": rule.claim, "study": study, "statement": rule.statement, "source": rule.source,
        "quantity": rule.rule,
        "paper_value": rule.paper_value or None, "measured": measured.value, "ci_low": measured.low, "ci_high": measured.high,
        "verdict": judge(rule, measured, bound_of(rule, reference)), "figure": figure,
    }  # fmt: skip


def markdown(claims: pd.DataFrame) -> list[str]:
    """The study's claims as a section of its summary, in lines of Markdown; empty if there are none."""
    if claims.empty:
        return []
    lines = ["## Claims", "", "| claim | measured | 95 % interval | verdict |", "|---|---|---|---|"]
    for one in claims.itertuples():
        measured = "" if math.isnan(one.measured) else f"{one.measured:.3f}"
        between = "" if math.isnan(one.measured) else interval(one.ci_low, one.ci_high, 3)
        lines.append(f"| {plain(one.statement)} | {measured} | {between} | {one.verdict.replace('_', ' ')} |")
    return [*lines, ""]


def metrics(claims: pd.DataFrame, arms: pd.DataFrame | None = None) -> dict[str, dict[str, dict[str, float]]]:
    """The measured value of each claim, and gamma of each arm and family, with intervals; missing numbers are left out.

    ``dvc metrics diff`` compares these numbers between commits.
    """
    values = {"claims": {row["claim"]: _known(row[["measured", *INTERVAL]]) for _, row in claims.iterrows()}}
    if arms is not None:
        values["gamma"] = {f"{row['arm']}, {row['family']}": _known(row[["gamma", *INTERVAL]]) for _, row in arms.iterrows()}
    return values


def _known(row: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in row.items() if pd.notna(value)}
