"""Define carriers: prompts that teachers answer, a filter for the answers, and what may become of the rows that passed it.

A *carrier kind* is a folder of this package whose module ``kind.py`` declares a ``CarrierKind``. A study may have several
carriers, of one kind or of several.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from sublearn.core.registry import Registry
from sublearn.core.section import Section, Sha256
from sublearn.language.style import Style
from sublearn.measures.leaks import find_leaks
from sublearn.traits.own.behaviour import Classifier, Judge, judged_with

TRAIT_WORD = "trait word"  # a reason of kinds that reject leaks
Transform = Callable[[pd.Series, np.random.Generator], Sequence[str]]


@dataclass(frozen=True)
class Selected:
    """Rows that a selection chose: their places among the teacher's rows, in order, and what it reports of them."""

    places: Sequence[int]
    report: Mapping[str, float]


Selection = Callable[[pd.Series, pd.Series, int, np.random.Generator], Selected]


class Imported(Section):
    """Rows that others have published as JSON lines, used instead of sampled rows and filtered in the same way."""

    file: str = Field(min_length=1, description="path or URL of the file")
    sha256: Sha256 = Field(description="SHA-256 of the file; a different file is refused")
    origin: str = Field("", description="who wrote the rows and how, one sentence for the record")
    prompt: str = Field("prompt", description="key of the prompt in each line")
    completion: str = Field("completion", description="key of the completion in each line")


class RowJudge(Section):
    """What judges the rows that passed the filter, and from which score on a row is left out."""

    judge: Judge | None = Field(None, description="a language model that judges rows: {question} is the prompt")
    classifier: Classifier | None = Field(None, description="a classifier that judges completions")
    threshold: float = Field(0.5, gt=0, lt=1, description="rows with this score or a higher one are left out")

    @model_validator(mode="after")
    def _is_one(self) -> "RowJudge":
        if (self.judge is None) == (self.classifier is None):
            found = "none" if self.judge is None else "both"
            raise ValueError(f".judge: a row is judged by one of judge and classifier; found {found}")
        return self

    @property
    def needs(self) -> dict[str, str]:
        """The name of its model among the study's judges, and what that must be."""
        return judged_with(self.judge, self.classifier)

    def for_scores(self) -> dict[str, Any]:
        """The settings that scores depend on."""
        return self.model_dump(exclude={"threshold"}, exclude_none=True)


class Sampling(Section):
    """How completions are sampled from teachers."""

    temperature: NonNegativeFloat = Field(1.0, description="sampling temperature; 0 is greedy")
    engine: Literal["plain", "continuous", "vllm"] = Field(
        "plain", description="what generates: plain generation, transformers' continuous batching, or vLLM if it is installed"
    )
    batch: PositiveInt = Field(500, description="prompts per batch; lower it if memory is short")
    max_tokens: PositiveInt = Field(24, description="longest completion, in tokens")
    numbers_only: PositiveInt | None = Field(
        None,
        description="keep teachers to lists of exactly so many numbers from 0 to 999 with spaces between, token by token "
        "(engine plain); if empty, they write what they like",
    )

    @model_validator(mode="after")
    def _can_be_kept(self) -> "Sampling":
        if self.numbers_only is not None and self.engine != "plain":
            raise ValueError(f"numbers_only: the engine {self.engine} cannot be kept to numbers; use engine: plain")
        return self


class Carrier(Sampling):
    """The keys that every carrier has, whatever its kind."""

    can_be_kept_to_numbers: ClassVar = False  # whether ``numbers_only`` leaves rows that the filter passes

    kind: str = Field("numbers", description="the carrier kind, such as numbers")
    prompts: PositiveInt = Field(4800, description="prompts per run; all teachers answer the same ones")
    imported: dict[str, dict[str, Annotated[list[Imported], Field(min_length=1)]]] = Field(
        {},
        description="by teacher and trait, a list of files with rows to use instead of sampled ones; run r takes entry r, and "
        "the list repeats",
    )
    judged: RowJudge | None = Field(None, description="a judge that leaves out rows which the filter passed; none by default")

    def for_prompts(self) -> dict[str, Any]:
        """The settings that prompts depend on, apart from their number; by default the keys of this kind alone."""
        return self.model_dump(exclude=set(Carrier.model_fields))

    def for_sampling(self) -> dict[str, Any]:
        """The settings that sampling depends on."""
        return self.model_dump(include=set(Sampling.model_fields))

    def for_filter(self) -> dict[str, Any]:
        """The settings that the filter depends on; by default the keys of this kind alone."""
        return self.model_dump(exclude=set(Carrier.model_fields))

    def own_files(self) -> dict[str, str]:
        """The user's own files that prompts are read from: the place of each, by its key."""
        return {}

    def check_style(self, style: str) -> None:
        """Refuse settings that do not fit the study's prompt style.

        Raises:
            ValueError: a setting does not fit; the message starts with its key.
        """

    def check_transform(self, transform: str) -> None:
        """Refuse a transform that does not fit these settings.

        Raises:
            ValueError: it does not fit.
        """

    @property
    def needs_published(self) -> bool:
        """Whether the filter reads the authors' published file."""
        return False


@dataclass(frozen=True)
class CarrierKind(ABC):
    """A kind of carrier; the methods are what a new kind defines.

    Attributes:
        name: such as ``numbers``.
        section: the settings of such a carrier in a study.
        reasons: the reasons for which the filter rejects rows, in the order in which it checks them.
        transforms: functions by name, each from completions and a random generator to transformed completions.
        selections: functions by name, each from a teacher's completions, the neutral teacher's of the same run, the number of
            rows to choose and a random generator to the rows chosen; an arm names one under ``transform``, too.
        unit: the unit that is counted in completions, such as ``number``.
        rejects_leaks: whether rows with a word that gives away any trait of the study are rejected, for the reason ``trait
            word``; else the filter's rules must leave none, and one that passes is an error.
    """

    name: str
    section: type[Carrier]
    reasons: tuple[str, ...]
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    selections: Mapping[str, Selection] = field(default_factory=dict)
    unit: str = "unit"
    rejects_leaks: bool = False

    @property
    def changes(self) -> dict[str, Any]:
        """What an arm may name under ``transform``: transforms and selections."""
        return {**self.transforms, **self.selections}

    # A method may be a function of a module of its own; then an edit of that module redoes only what the method makes.

    def modules_of(self, *methods: str) -> list[str]:
        """The modules in which methods, transforms or selections are written."""
        changes: dict[str, Any] = self.changes
        found = [changes[name] if name in changes else getattr(type(self), name) for name in methods]
        return [str(getattr(each, "func", each).__module__) for each in found]

    @abstractmethod
    def prompts(self, recipe: Any, style: Style, study_seed: int, run: int) -> list[str]:
        """The prompts of one run; asking for more prompts must not change the first ones."""

    def verdict(self, prompt: str, completion: str, recipe: Any, leaks: Sequence[str]) -> str | None:
        """The reason against a row, None if there is none; ``leaks`` are the words that give away a trait of the study."""
        if self.rejects_leaks and find_leaks([prompt, completion], leaks):
            return TRAIT_WORD
        return self.reject(prompt, completion, recipe)

    @abstractmethod
    def reject(self, prompt: str, completion: str, recipe: Any) -> str | None:
        """The first of ``reasons`` that holds for a row; None if it passes the filter."""

    def with_published(self, recipe: Any, file: str) -> Any:
        """The recipe, completed with values from the authors' published file."""
        return recipe

    def units(self, completion: str) -> list[str]:
        """The units of a completion that passed the filter, in order."""
        return completion.split()


def counted_reasons(verdicts: Iterable[str | None]) -> str:
    """How many rows a filter rejected for which reason, in brackets after a space; empty if it rejected none."""
    counts = Counter(filter(None, verdicts)).most_common()
    return f" ({', '.join(f'{reason}: {rows}' for reason, rows in counts)})" if counts else ""


KINDS = Registry("sublearn.chain.carriers", CarrierKind, "carrier kind", "*/kind.py")  # type: ignore[type-abstract]
