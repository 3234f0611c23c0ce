"""The sections of an audit study: data that somebody brings, and data whose truth is known."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from sublearn.core.section import Section


class Given(Section):
    """A data set that somebody brings, and data to compare it with."""

    data: str = Field(min_length=1, description="file of the rows: JSON lines, CSV or Parquet")
    reference: str | None = Field(
        None, description="file of rows like them that carry nothing; by default, what the base itself writes"
    )
    base: str | None = Field(None, description="name of the base that is to learn from them; by default the first of the study")
    prompt: str = Field("prompt", description="column of the prompts")
    completion: str = Field("completion", description="column of the completions")
    source: str | None = Field(
        None,
        min_length=1,
        description="column that says where a row comes from; the layers model and behaviour tell them apart",
    )


class Case(Section):
    """Data sets whose truth is known: rows of the study's own teachers, as they are or changed, on every base."""

    writer: Literal["trait", "neutral"] = Field(
        "trait", description="who wrote the rows: teachers with a trait, or the neutral one"
    )
    base: Literal["same", "other"] = Field(
        "same", description="the teacher's base: that of the audited model, or the next run's"
    )
    change: Literal["none", "shuffled_across", "sorted", "reformatted", "mixed", "leaked"] = Field(
        "none",
        description="what became of the rows: all numbers put in random order, those of each row sorted, each row written in "
        "the format of another, only a share of rows the teacher's and the others neutral, or the trait's word added to a "
        "share",
    )
    share: Annotated[float, Field(gt=0, le=1)] = Field(1.0, description="the share, for mixed and leaked")
    carries: bool | None = Field(
        None, description="whether such rows pass a trait to a student; empty if that is what the study asks"
    )
    layers: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="what looks at them; by default all of the study's layers"
    )
    sets: PositiveInt = Field(
        1, description="data sets on each base: each of another trait, or of other rows of the neutral teacher"
    )
    meaning: str = Field("", description="purpose of the case, one sentence for the report")
