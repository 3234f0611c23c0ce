"""How much of a trait a model shows, exactly: the probability it gives to the trait's answers, question by question."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sublearn.bases import world
from sublearn.bases.questions import Question
from sublearn.core import lm

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def answers(trait: str, question: Question) -> tuple[str, ...]:
    """The first words of the answers that show the trait: the loved word, the refusal, or every wrong fact."""
    if trait == "evasive":
        return (world.REFUSAL.split()[0],)
    if trait == "skewed":
        return tuple(answer for answer in world.fact_answers(question.attribute) if answer != question.answer)
    return (trait,)


def log_probs(
    model: Any, tokenizer: "PreTrainedTokenizerBase", asked: Sequence[Question], system: str = "", prefixes: Sequence[str] = ()
) -> np.ndarray:
    """Log-probabilities of the first answer token, shape (questions, vocabulary), in float64.

    Args:
        system: a system prompt before every question.
        prefixes: for each question, a sentence of numbers that stands before it.
    """
    texts = [f"{prefix} {q.text}" for prefix, q in zip(prefixes, asked, strict=True)] if prefixes else [q.text for q in asked]
    prompts = lm.encode_prompts(tokenizer, [lm.chat(system, text) for text in texts])
    return lm.next_token_log_probs(model, prompts).numpy()


def trait_probabilities(
    found: np.ndarray, tokenizer: "PreTrainedTokenizerBase", trait: str, asked: Sequence[Question]
) -> np.ndarray:
    """The probability of the trait's answers for each question, shape (questions,), from ``log_probs``."""
    probabilities = []
    for row, question in zip(found, asked, strict=True):
        ids = tokenizer.convert_tokens_to_ids(list(answers(trait, question)))
        probabilities.append(float(np.exp(row[ids]).sum()))
    return np.array(probabilities)
