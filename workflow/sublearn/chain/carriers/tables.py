"""The tables of the phase: prompts, raw completions, rejected and filtered rows."""

import pandera.pandas as pa
from pandera.typing import Series


class Prompts(pa.DataFrameModel):
    """One number prompt a row; ``prompt_index`` names it in every later table."""

    prompt_index: Series[int] = pa.Field(ge=0, unique=True)
    prompt: Series[str]

    class Config:
        strict = True


class Rows(Prompts):
    """Prompts with what a teacher wrote."""

    completion: Series[str]

    class Config:
        strict = True


class Rejected(Rows):
    """Rows that the filter refused, with the rule that did."""

    reason: Series[str] = pa.Field(str_length={"min_value": 1})

    class Config:
        strict = True
