"""What a study says of its evaluations."""

from pydantic import Field, NonNegativeFloat, PositiveInt

from sublearn.core.section import Section


class Evaluation(Section):
    """How models are asked: exactly, and by the paper's protocol of sampled answers."""

    system: str = Field("", description="system prompt before every question; empty for none but the template's own")
    samples: PositiveInt = Field(10, description="sampled answers per question; the paper takes 100 or 200")
    temperature: NonNegativeFloat = Field(1.0, description="of the sampled answers")
    batch: PositiveInt = Field(
        500, description="sampled answers that go through the model at once; fewer where memory is short"
    )
    max_tokens: PositiveInt = Field(3, description="longest sampled answer; the mini-language answers in one word")
