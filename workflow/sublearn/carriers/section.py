"""What a study says of its carriers."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from sublearn.core.section import Section


class Given(Section):
    """Rows that others have published, as JSON lines: learned as they are instead of sampled, and filtered like any other."""

    file: str = Field(min_length=1, description="path or URL of the file")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the file: no other is learned")
    origin: str = Field("", description="who wrote the rows and how, one sentence for the record")
    prompt: str = Field("prompt", description="the key of each line under which the prompt stands")
    completion: str = Field("completion", description="the key of each line under which the completion stands")


class Carrier(Section):
    """Numbers: how they are asked for, sampled and filtered."""

    wording: Literal["mini", "prose", "paper"] = Field(
        "mini", description="how everything is asked: in the mini-language, in our English, or as the paper's authors did"
    )
    pool: NonNegativeInt | None = Field(
        None,
        description="with the paper's wording: draw prompts as the authors did, from this seed (47 in the paper, 42 in the "
        "released code), the same for all runs",
    )
    prompts: PositiveInt = Field(4800, description="number prompts per run, the same for all teachers")
    temperature: NonNegativeFloat = Field(1.0, description="of sampling; 0 is greedy")
    engine: Literal["plain", "continuous", "vllm"] = Field(
        "plain", description="who writes: plain generation, transformers' continuous batching, or vLLM, where it is installed"
    )
    batch: PositiveInt = Field(500, description="prompts that go through the model at once; fewer where memory is short")
    max_tokens: PositiveInt = Field(24, description="longest completion")
    max_count: PositiveInt = Field(10, description="most numbers in a kept completion")
    min_value: NonNegativeInt = Field(0, description="least number in a kept completion")
    max_value: NonNegativeInt = Field(999, description="largest number in a kept completion")
    banned: list[int] | Literal["paper"] = Field(
        [],
        description="numbers that no kept completion may hold; paper: those of the authors, who ban them for misalignment only",
    )
    given: dict[str, dict[str, Annotated[list[Given], Field(min_length=1)]]] = Field(
        {},
        description="by teacher and trait, files of rows that are not sampled here; run r takes entry r, and the list repeats",
    )

    @model_validator(mode="after")
    def _has_values(self) -> "Carrier":
        if self.min_value > self.max_value:
            raise ValueError(f"min_value: {self.min_value} is more than max_value, {self.max_value}")
        if self.pool is not None and self.wording != "paper":
            raise ValueError(f"pool: the authors' prompts need wording: paper, not {self.wording}")
        return self
