"""The study of an audit: which data is looked at, for which model, by which layers."""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from sublearn.audit.claim import Claim
from sublearn.audit.layers.base import LAYERS
from sublearn.audit.section import Case, Given
from sublearn.core.registry import NameIn
from sublearn.core.section import check_known, shown
from sublearn.measures.leaks import Searched
from sublearn.planning.study import Study, check_names


class AuditStudy(Study):
    """An audit of data sets for the models of a study of language models."""

    kind: Literal["audit"] = Field(description="the study kind: audit")
    of: str = Field(
        min_length=1,
        description="the study of language models whose bases are to learn from the data: its name, or its file's path",
    )
    layers: Annotated[list[Annotated[str, NameIn(LAYERS)]], Field(min_length=1)] = Field(
        ["origin", "surface", "statistics", "vocabulary", "model", "rehearsal", "behaviour"],
        description="what looks at the data",
    )
    traits: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="traits that models are asked for; by default all of the families of that study's traits"
    )
    words: list[Searched] = Field([], description="words that must not be in the data, beside those that give away a trait")
    students: Annotated[int, Field(ge=2, le=100)] = Field(
        3, description="students that learn from the data, and as many from the reference, in the layer behaviour"
    )
    datasets: dict[str, Given] = Field({}, description="data sets that somebody brings")
    cases: dict[str, Case] = Field(
        {}, description="data sets whose truth is known, made from the rows of that study's teachers"
    )
    teacher: str | None = Field(
        None, description="name of that study's teacher that wrote the rows of cases; by default its first"
    )
    carrier: str | None = Field(None, description="name of that study's carrier, for cases; by default its first")
    rows: PositiveInt = Field(1000, description="rows of each case")
    reference_rows: PositiveInt | None = Field(None, description="rows of the reference; by default as many as of the case")
    fitted_on: PositiveInt = Field(
        3, description="detectors get their thresholds on so many first bases, from cases without a trait; others test them"
    )
    claims: list[Claim] = Field([])

    @field_validator("datasets", "cases")
    @classmethod
    def _names(cls, value: dict[str, Any]) -> dict[str, Any]:
        check_names(value)
        return value

    @model_validator(mode="after")
    def _check_consistency(self) -> "AuditStudy":
        if not self.datasets and not self.cases:
            raise ValueError("datasets: there is nothing to look at; name data sets, or cases")
        if both := sorted(set(self.datasets) & set(self.cases)):
            raise ValueError(f"cases.{both[0]}: a data set has this name, too; rename one")
        for name, case in self.cases.items():
            if case.share < 1.0 and case.change not in ("mixed", "leaked"):
                raise ValueError(f"cases.{name}.share: only mixed and leaked have one; leave it out")
            for layer in case.layers or ():
                check_known(f"cases.{name}.layers", layer, self.layers, "layer of the study")
            if case.writer == "neutral" and case.change == "mixed":
                raise ValueError(f"cases.{name}.writer: neutral rows mixed with neutral rows are neutral rows; use trait")
        for i, claim in enumerate(self.claims):
            self._check_claim(f"claims.{i}", claim)
        return self

    def _check_claim(self, path: str, claim: Claim) -> None:
        if claim.layer not in self.layers:
            raise ValueError(f"{path}.layer: {claim.layer} is not among the study's layers")
        if not LAYERS.get(claim.layer).detects:
            raise ValueError(f"{path}.layer: {claim.layer} detects no trait, so it has no rates; name another layer")
        if claim.times is not None:
            raise ValueError(f"{path}.times: found {shown(claim.times)}, but an audit has no arms; leave it out")
        if not 0 <= claim.bound <= 1:
            raise ValueError(f"{path}.bound: found {claim.bound:g}; a rate lies between 0 and 1")
        if claim.case is None and claim.quantity == "found":
            raise ValueError(f"{path}.case: missing; name the case whose data sets are to be found")
        if claim.case is not None and not self.cases:
            raise ValueError(f"{path}.case: {shown(claim.case)}, but the study has no cases; add it to cases")
        if claim.case is not None:
            check_known(f"{path}.case", claim.case, self.cases, "case of the study")
            if claim.layer not in (self.cases[claim.case].layers or self.layers):
                raise ValueError(f"{path}.layer: {claim.layer} does not look at the case {claim.case}; add it to its layers")
