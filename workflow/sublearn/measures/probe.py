"""Measure a trait exactly: the probability that a model's answer begins like an answer that shows the trait."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sublearn.language.mini import MINI
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.models import lm, log_probs
from sublearn.traits.base import kind_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

Start = tuple[int, ...]


@cache
def starts(tokenizer: "PreTrainedTokenizerBase", forms: tuple[str, ...]) -> tuple[Start, ...]:
    """The token sequences of an answer's forms; none is a prefix of another, so nothing counts twice."""
    encoded = tokenizer(list(forms), add_special_tokens=False)["input_ids"]
    sequences = sorted({tuple(ids) for ids in encoded}, key=lambda ids: (len(ids), ids))
    return tuple(s for i, s in enumerate(sequences) if not any(s[: len(short)] == short for short in sequences[:i]))


@dataclass(frozen=True)
class Asked:
    """A model's exact answer probabilities for some questions; nothing is sampled."""

    model: Any
    tokenizer: "PreTrainedTokenizerBase"
    style: Style
    questions: Sequence[Question]
    prompts: list[list[int]]
    traits: Sequence[str]

    @property
    def first(self) -> "torch.Tensor":
        """Log-probabilities of the first token of each answer, shape (questions, vocabulary), in float64."""
        return self._read[0]

    def probabilities(self, trait: str) -> np.ndarray:
        """The probability that the answer shows the trait, for each question, shape (questions,)."""
        return np.array([
            float(np.exp([read[start] for start in self._starts(trait, question)]).sum())
            for question, read in zip(self.questions, self._read[1], strict=True)
        ])  # fmt: skip

    def _starts(self, trait: str, question: Question) -> list[Start]:
        """The token sequences with which an answer that shows the trait may begin."""
        kind = kind_of(trait)
        answers = kind.answers(trait, question, self.style)
        return [start for answer in answers for start in starts(self.tokenizer, kind.forms(answer, self.style))]

    @cached_property
    def _read(self) -> "tuple[torch.Tensor, list[dict[Start, float]]]":
        """``first``, and for each question the log-probability of every start of an answer that shows any of ``traits``."""
        wanted = {start for trait in self.traits for question in self.questions for start in self._starts(trait, question)}
        first, table = log_probs.answer_starts(self.model, self.prompts, sorted(wanted))
        return first, [dict(zip(sorted(wanted), row, strict=True)) for row in table.numpy()]


def ask(
    model: Any,
    tokenizer: "PreTrainedTokenizerBase",
    asked: Sequence[Question],
    traits: Sequence[str],
    style: Style = MINI,
    system: str = "",
    prefixes: Sequence[str] = (),
) -> Asked:
    """Put questions to a model.

    Args:
        traits: the traits whose probabilities may be read from the answers.
        system: a system prompt before every question.
        prefixes: for each question, the sentence of numbers that precedes it.
    """
    texts = [f"{prefix} {q.text}" for prefix, q in zip(prefixes, asked, strict=True)] if prefixes else [q.text for q in asked]
    prompts = lm.encode_prompts(tokenizer, [lm.chat(system, text) for text in texts])
    return Asked(model, tokenizer, style, asked, prompts, traits)
