"""What a carrier is: prompts that teachers answer, a filter for the answers, transforms of the rows that passed.

A *carrier kind* is a folder of this package with a module ``kind.py`` that declares a ``CarrierKind``. A study may hold several
carriers, of one kind or of several.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, NonNegativeFloat, PositiveInt

from sublearn.core.registry import Registry
from sublearn.core.section import Section
from sublearn.language.style import Style

Transform = Callable[[pd.Series, np.random.Generator], Sequence[str]]


class Imported(Section):
    """Rows that others have published, as JSON lines: learned as they are instead of sampled, and filtered like any other."""

    file: str = Field(min_length=1, description="path or URL of the file")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the file; another file is refused")
    origin: str = Field("", description="who wrote the rows and how, one sentence for the record")
    prompt: str = Field("prompt", description="the key of each line that holds the prompt")
    completion: str = Field("completion", description="the key of each line that holds the completion")


class Sampling(Section):
    """How teachers write."""

    temperature: NonNegativeFloat = Field(1.0, description="of sampling; 0 is greedy")
    engine: Literal["plain", "continuous", "vllm"] = Field(
        "plain", description="who writes: plain generation, transformers' continuous batching, or vLLM, where it is installed"
    )
    batch: PositiveInt = Field(500, description="prompts that go through the model at once; fewer where memory is short")
    max_tokens: PositiveInt = Field(24, description="longest completion")


class Carrier(Sampling):
    """What every carrier has, whatever its kind."""

    kind: str = Field("numbers", description="the carrier kind, such as numbers")
    prompts: PositiveInt = Field(4800, description="prompts per run, the same for all teachers")
    imported: dict[str, dict[str, Annotated[list[Imported], Field(min_length=1)]]] = Field(
        {},
        description="by teacher and trait, files of rows that are not sampled here; run r takes entry r, and the list repeats",
    )

    def for_prompts(self) -> dict[str, Any]:
        """The settings that prompts depend on, beside their number."""
        return {}

    def for_sampling(self) -> dict[str, Any]:
        """The settings that sampling depends on."""
        return self.model_dump(include=set(Sampling.model_fields))

    def for_filter(self) -> dict[str, Any]:
        """The settings that the filter depends on."""
        return {}

    def check_style(self, style: str) -> None:
        """Refuse settings that do not go with the study's prompt style.

        Raises:
            ValueError: the key, what was found, what would be right.
        """

    @property
    def needs_published(self) -> bool:
        """Whether the filter reads what the paper's authors published."""
        return False


@dataclass(frozen=True)
class CarrierKind(ABC):
    """A kind of carrier; the methods are what a new kind defines.

    Attributes:
        name: such as ``numbers``.
        section: what a study may say of such a carrier.
        reasons: why the filter rejects rows, in the order of its rules.
        transforms: what can be done to the rows that passed, by name: a function of completions and a generator.
        unit: what is counted in completions, such as ``number``.
    """

    name: str
    section: type[Carrier]
    reasons: tuple[str, ...]
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    unit: str = "unit"

    @abstractmethod
    def prompts(self, recipe: Any, style: Style, study_seed: int, run: int) -> list[str]:
        """The prompts of one run; more prompts leave the first ones as they were."""

    @abstractmethod
    def reject(self, prompt: str, completion: str, recipe: Any) -> str | None:
        """Why the filter rejects a row, by the first of ``reasons`` that holds; None if it passes."""

    def with_published(self, recipe: Any, file: str) -> Any:
        """The recipe with what it takes from the authors' published file."""
        return recipe

    def units(self, completion: str) -> list[str]:
        """What is counted in a completion that passed, in order."""
        return completion.split()


KINDS = Registry("sublearn.chain.carriers", CarrierKind, "carrier kind", "*/kind.py")  # type: ignore[type-abstract]
