"""The tables of the phase carriers: prompts, raw completions, rejected and filtered rows, and scores."""

import pandera.pandas as pa
from pandera.typing import Series


class Prompts(pa.DataFrameModel):
    """One prompt per row; ``prompt_index`` identifies it in all later tables."""

    prompt_index: Series[int] = pa.Field(ge=0, unique=True)
    prompt: Series[str]

    class Config:
        strict = True


class Rows(Prompts):
    """Prompts with the completions of a teacher."""

    completion: Series[str]

    class Config:
        strict = True


class Scores(pa.DataFrameModel):
    """The score of each row, as its judge sees it: the probability that the row shows what the judge looks for."""

    prompt_index: Series[int] = pa.Field(ge=0, unique=True)
    score: Series[float] = pa.Field(in_range={"min_value": 0.0, "max_value": 1.0})

    class Config:
        strict = True


class Rejected(Rows):
    """Rows that the filter rejected, with the reason."""

    reason: Series[str] = pa.Field(str_length={"min_value": 1})

    class Config:
        strict = True
