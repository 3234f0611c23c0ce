"""The tables of the phase carriers: prompts, raw completions, and rejected and filtered rows."""

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


class Rejected(Rows):
    """Rows that the filter rejected, with the reason."""

    reason: Series[str] = pa.Field(str_length={"min_value": 1})

    class Config:
        strict = True
