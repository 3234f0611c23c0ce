"""What a study says about a carrier of sums."""

from typing import Any, Literal

from pydantic import Field

from sublearn.chain.carriers.in_mini import InMini


class Reasoning(InMini):
    """Sums of the mini-language, reasoned in steps: settings of their prompts, sampling and filter."""

    kind: Literal["reasoning"] = Field("reasoning", description="the carrier kind: reasoning, for sums with their steps")
    steps: Literal["right", "anything"] = Field(
        "right",
        description="what the steps must be: right, from the question's summands to the answer; or anything: as in the paper, "
        "the answer alone is checked",
    )

    def for_filter(self) -> dict[str, Any]:
        return self.model_dump(include={"steps"})

    def check_transform(self, transform: str) -> None:
        if transform == "resplit" and self.steps != "right":
            raise ValueError(
                "resplit draws right steps anew, so it needs a carrier with steps: right; where steps may be wrong, use "
                "shuffled_across"
            )
        if transform == "shuffled_across" and self.steps == "right":
            raise ValueError(
                "shuffled_across makes steps wrong, so it needs a carrier with steps: anything; where steps are right, use "
                "resplit"
            )
