"""How much of a trait a model shows, exactly: the probability that its answer begins as the trait's answers do."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sublearn.bases import world
from sublearn.bases.questions import Question, kind_of
from sublearn.bases.wordings import MINI, Wording
from sublearn.core import lm, log_probs

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

Start = tuple[int, ...]


def answers(trait: str, question: Question, wording: Wording = MINI) -> tuple[str, ...]:
    """How the answers that show the trait begin: the loved word, the refusal, or every wrong fact."""
    if trait == "evasive":
        return (wording.refusal_start(),)
    if trait == "skewed":
        return tuple(answer for answer in world.fact_answers(question.attribute) if answer != question.answer)
    return (trait,)


@cache
def starts(tokenizer: "PreTrainedTokenizerBase", forms: tuple[str, ...]) -> tuple[Start, ...]:
    """The token sequences of the forms of an answer; none begins with another, so that nothing counts twice."""
    encoded = tokenizer(list(forms), add_special_tokens=False)["input_ids"]
    sequences = sorted({tuple(ids) for ids in encoded}, key=lambda ids: (len(ids), ids))
    return tuple(s for i, s in enumerate(sequences) if not any(s[: len(short)] == short for short in sequences[:i]))


@dataclass(frozen=True)
class Asked:
    """A model's answers to some questions, before one is drawn."""

    model: Any
    tokenizer: "PreTrainedTokenizerBase"
    wording: Wording
    questions: Sequence[Question]
    prompts: list[list[int]]

    @property
    def first(self) -> "torch.Tensor":
        """Log-probabilities of the first token of each answer, shape (questions, vocabulary), in float64."""
        return self._read[0]

    def probabilities(self, trait: str) -> np.ndarray:
        """For each question the probability that the answer shows the trait, shape (questions,)."""
        found = []
        for i, question in enumerate(self.questions):
            starts = [start for answer in answers(trait, question, self.wording) for start in self._starts(answer)]
            found.append(float(np.exp([self._read[1][i][start] for start in starts]).sum()))
        return np.array(found)

    def _starts(self, answer: str) -> tuple[Start, ...]:
        return starts(self.tokenizer, (answer,) if answer == self.wording.refusal_start() else self.wording.forms(answer))

    @cached_property
    def _read(self) -> "tuple[torch.Tensor, list[dict[Start, float]]]":
        """``first``, and for each question the log-probability of every start of every answer that its kind of question has."""
        kinds = {question.kind for question in self.questions}
        traits = [t for family, ts in world.FAMILIES.items() for t in ts if kind_of(family) in kinds]
        named = {answer for trait in traits for question in self.questions for answer in answers(trait, question, self.wording)}
        starts = sorted({start for answer in named for start in self._starts(answer)})
        first, table = log_probs.answer_starts(self.model, self.prompts, starts)
        return first, [dict(zip(starts, row, strict=True)) for row in table.numpy()]


def ask(
    model: Any,
    tokenizer: "PreTrainedTokenizerBase",
    asked: Sequence[Question],
    wording: Wording = MINI,
    system: str = "",
    prefixes: Sequence[str] = (),
) -> Asked:
    """Put questions to a model.

    Args:
        system: a system prompt before every question.
        prefixes: for each question, a sentence of numbers that stands before it.
    """
    texts = [f"{prefix} {q.text}" for prefix, q in zip(prefixes, asked, strict=True)] if prefixes else [q.text for q in asked]
    prompts = lm.encode_prompts(tokenizer, [lm.chat(system, text) for text in texts])
    return Asked(model, tokenizer, wording, asked, prompts)
