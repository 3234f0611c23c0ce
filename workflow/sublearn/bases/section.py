"""What a study says of its bases."""

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sublearn.core.section import Section


class Base(Section):
    """A GPT-2-style model, pretrained from scratch on the mini-language."""

    width: PositiveInt = Field(64, description="size of the hidden state")
    layers: PositiveInt = Field(3, description="number of transformer blocks")
    heads: PositiveInt = Field(4, description="attention heads per block")
    context: int = Field(256, ge=64, description="longest text, in tokens")
    initializer_range: PositiveFloat = Field(0.06, description="standard deviation of the fresh weights")
    batch: PositiveInt = Field(64, description="documents per step")
    steps: PositiveInt = Field(1200, description="steps of the first round")
    extra_steps: PositiveInt = Field(400, description="steps of each further round, until calibrated")
    max_steps: PositiveInt = Field(4000, description="steps after which an uncalibrated base is given up")
    learning_rate: PositiveFloat = Field(3e-3, description="peak rate of the first round; a third of it afterwards")
    max_deviation: PositiveFloat = Field(0.03, description="largest distance between an answer's share and the corpus's")
    min_well_formed: float = Field(0.9, gt=0, le=1, description="least share of number answers that pass the filter")

    @model_validator(mode="after")
    def _fits(self) -> "Base":
        if self.width % self.heads:
            raise ValueError(f"heads: {self.heads} does not divide the width {self.width}")
        return self
