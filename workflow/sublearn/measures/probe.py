"""Measure a trait exactly: the probability that a model's answer begins like an answer that shows the trait."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sublearn.core.errors import UserError
from sublearn.language.questions import Question
from sublearn.language.style import Style
from sublearn.models import lm, log_probs, turns
from sublearn.models.rows import has_unknown
from sublearn.traits.base import kind_of, traits

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

Start = tuple[int, ...]


@cache
def starts(
    tokenizer: "PreTrainedTokenizerBase", prompts: tuple[str, ...], forms: tuple[str, ...]
) -> tuple[tuple[Start, ...], ...]:
    """For each prompt, the token sequences with which an answer in one of the forms begins.

    A model that has learned whole texts writes a form as the tokenizer reads it after the prompt, and after the space that some
    templates set before an answer. A model may also add a space or leave it out, which no reader would see, so both count. No
    sequence is a prefix of another, so nothing counts twice.

    Raises:
        UserError: the tokenizer knows none of the forms, or merges the end of a prompt and the start of a form into one token.
    """
    before = turns.frame(tokenizer).before
    texts = list(dict.fromkeys(text for form in forms for text in (f"{before}{form}", form, f" {form}")))
    usual = {f"{before}{form}" for form in forms}
    cuts = iter(turns.cut(tokenizer, [prompt for prompt in prompts for _ in texts], texts * len(prompts)))
    found = []
    for prompt, asked in zip(prompts, turns.ids(tokenizer, prompts), strict=True):
        known = set()
        for text in texts:
            read = next(cuts)
            if read.prompt == asked and _shown(tokenizer.decode(read.answer)) == _shown(text):
                known.add(tuple(read.answer))
            elif read.prompt != asked and text in usual:
                raise UserError(
                    f"the base's tokenizer merges the end of {prompt[-20:]!r} and the start of {text!r} into one token."
                )
        if not known:
            raise UserError(f"the base's tokenizer does not know the word {forms[0]!r}.")
        found.append(_prefix_free(known))
    return tuple(found)


def _shown(text: str) -> str:
    """What two texts must share to name the same: letters and marks. (Tokenizers drop or replace what they do not know.)"""
    return "".join(text.split()).casefold()


def _prefix_free(sequences: set[Start]) -> tuple[Start, ...]:
    """The sequences, short ones first, without those that begin with another."""
    ordered = sorted(sequences, key=lambda ids: (len(ids), ids))
    return tuple(s for i, s in enumerate(ordered) if not any(s[: len(short)] == short for short in ordered[:i]))


def spelling(tokenizer: "PreTrainedTokenizerBase", trait: str, others: Sequence[str], style: Style) -> str:
    """What to know of the tokens of a trait's word: that they are several, or begin words of other traits too; else nothing.

    Either way probabilities are of whole words, so neither is a fault; a measure of first tokens would mistake one for another.
    """
    kind = kind_of(trait)
    asked = lm.chat("", kind.evaluated(kind.family(trait), style)[0].text)
    question = turns.written(tokenizer, asked, asks=True)
    before = turns.frame(tokenizer).before

    def spelled(name: str) -> list[int]:
        return turns.cut(tokenizer, [question], [f"{before}{kind_of(name).written(name, style)}"])[0].answer

    if (word := kind.written(trait, style)) is None:
        return ""
    own = spelled(trait)
    known = [name for name in others if name in traits() and kind_of(name).written(name, style) is not None]
    shared = [name for name in known if name != trait and spelled(name)[:1] == own[:1]]
    pieces = " | ".join(tokenizer.batch_decode([[token] for token in own]))
    parts = [f"is written in {len(own)} tokens ({pieces})"] * (len(own) > 1)
    parts += [f"begins with the same token as {', '.join(shared)}"] * bool(shared)
    return f"{word} {' and '.join(parts)}; probabilities are of the whole word" if parts else ""


@dataclass(frozen=True)
class Asked:
    """A model's exact answer probabilities for some questions; nothing is sampled."""

    model: Any
    tokenizer: "PreTrainedTokenizerBase"
    style: Style
    questions: Sequence[Question]
    texts: tuple[str, ...]
    prompts: list[list[int]]
    traits: Sequence[str]

    @property
    def first(self) -> "torch.Tensor":
        """Log-probabilities of the first token of each answer, shape (questions, vocabulary), in float64."""
        return self._read[0]

    def probabilities(self, trait: str) -> np.ndarray:
        """The probability that the answer shows the trait, for each question, shape (questions,)."""
        return np.array([
            float(np.exp([read[start] for start in self._starts(trait, i)]).sum()) for i, read in enumerate(self._read[1])
        ])  # fmt: skip

    def _starts(self, trait: str, i: int) -> list[Start]:
        """The token sequences with which an answer to a question may begin that shows the trait."""
        kind = kind_of(trait)
        answers = kind.answers(trait, self.questions[i], self.style)
        return [start for answer in answers for start in starts(self.tokenizer, self.texts, kind.forms(answer, self.style))[i]]

    @cached_property
    def _read(self) -> "tuple[torch.Tensor, list[dict[Start, float]]]":
        """``first``, and for each question the log-probability of every start of an answer that shows any of ``traits``."""
        wanted = {start for trait in self.traits for i in range(len(self.questions)) for start in self._starts(trait, i)}
        first, table = log_probs.answer_starts(self.model, self.prompts, sorted(wanted))
        return first, [dict(zip(sorted(wanted), row, strict=True)) for row in table.numpy()]


def ask(
    model: Any,
    tokenizer: "PreTrainedTokenizerBase",
    asked: Sequence[Question],
    traits: Sequence[str],
    style: Style,
    system: str = "",
    prefixes: Sequence[str] = (),
) -> Asked:
    """Put questions to a model.

    Args:
        traits: the traits whose probabilities may be read from the answers.
        system: a system prompt before every question.
        prefixes: for each question, the sentence of numbers that precedes it.

    Raises:
        UserError: the tokenizer does not know a word of a user's own question.
    """
    texts = [f"{prefix} {q.text}" for prefix, q in zip(prefixes, asked, strict=True)] if prefixes else [q.text for q in asked]
    written = tuple(turns.prompts(tokenizer, [lm.chat(system, text) for text in texts]))
    ids = turns.ids(tokenizer, written)
    if any(kind_of(trait).own for trait in traits):
        refuse_unknown(tokenizer, texts, ids)
    return Asked(model, tokenizer, style, asked, written, ids, traits)


def refuse_unknown(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str], ids: Sequence[Sequence[int]]) -> None:
    """Refuse questions with words that the tokenizer does not know; ``ids`` are those of the prompts that hold them.

    Raises:
        UserError: the first such question, and its first such word.
    """
    for text, read in zip(texts, ids, strict=True):
        if has_unknown(tokenizer, read):
            parts = text.split()
            odd = [part for part in parts if has_unknown(tokenizer, tokenizer.encode(part, add_special_tokens=False))]
            raise UserError(
                f"the base's tokenizer does not know {odd[0]!r} of the question {text!r}; ask in words that it knows."
                if odd
                else f"the base's tokenizer cannot read the question {text!r}; ask in words that it knows."
            )
