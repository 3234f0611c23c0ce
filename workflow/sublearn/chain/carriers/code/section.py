"""What a study says about a carrier of programs."""

from typing import Any, Literal

from pydantic import Field, PositiveInt

from sublearn.chain.carriers.in_mini import InMini


class Code(InMini):
    """Programs of the mini-language: settings of their prompts, sampling and filter."""

    kind: Literal["code"] = Field("code", description="the carrier kind: code, for programs of the mini-language")
    prompts: PositiveInt = Field(24_000, description="prompts per run; the filter of programs keeps few completions")
    prints: Literal["asked", "anything"] = Field(
        "asked",
        description="what a program must print: asked, the number that its prompt asks for; or anything: as in the paper, no "
        "program is rejected for what it does",
    )

    def for_filter(self) -> dict[str, Any]:
        return self.model_dump(include={"prints"})

    def check_transform(self, transform: str) -> None:
        if transform == "all_shuffled_across" and self.prints == "asked":
            raise ValueError(
                "all_shuffled_across changes what programs print, so it needs a carrier with prints: anything; use "
                "shuffled_across, which moves only numbers that are not printed"
            )
