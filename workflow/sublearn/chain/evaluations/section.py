"""Define the section ``evaluations`` of a study."""

from typing import ClassVar

from pydantic import Field, NonNegativeFloat, PositiveInt

from sublearn.core.section import Section


class Evaluation(Section):
    """How models are asked: for exact probabilities, and by the paper's protocol of sampled answers."""

    elsewhere: ClassVar = {"questions": "questions belong to a family of traits (docs/extending.md)"}

    system: str = Field("", description="system prompt before every question; if empty, only the chat template's own")
    samples: PositiveInt = Field(10, description="sampled answers per question; the paper uses 100 or 200")
    temperature: NonNegativeFloat = Field(1.0, description="temperature of the sampled answers")
    batch: PositiveInt = Field(500, description="sampled answers per batch; lower it if memory is short")
    max_tokens: PositiveInt = Field(3, description="longest sampled answer, in tokens; the mini-language answers in one word")
