"""Training rows and their batches: (prompt, completion) token ids, bucketed by length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sublearn.models import turns

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

IGNORED = -100


@dataclass(frozen=True)
class Row:
    """Token ids of a prompt and of the completion that is learned, its end-of-text token included."""

    prompt: list[int]
    completion: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)


@dataclass(frozen=True)
class Batch:
    """Rows padded on the right, with the few positions whose logits the loss needs.

    Attributes:
        input_ids: shape (rows, tokens).
        positions: indices of the tokens that predict some completion token, shape (kept,).
        labels: the next token at ``positions``, or IGNORED, shape (rows, kept).

    Causal attention never looks at padding on the right, so no attention mask is needed.
    """

    input_ids: "torch.Tensor"
    positions: "torch.Tensor"
    labels: "torch.Tensor"

    def to(self, device: "torch.device") -> "Batch":
        return Batch(self.input_ids.to(device), self.positions.to(device), self.labels.to(device))


def encode(tokenizer: "PreTrainedTokenizerBase", chats: Sequence[turns.Chat], completions: Sequence[str]) -> list[Row]:
    """Rows from chats and the completions that answer them: the text of the whole, ended by the end-of-text token.

    The loss covers what comes after the prompt, a space included if the template sets one before an answer.

    Raises:
        UserError: the template does not take these turns.
    """
    around = turns.frame(tokenizer)
    answers = [f"{around.before}{completion}{around.after}" for completion in completions]
    pairs = turns.cut(tokenizer, turns.prompts(tokenizer, chats), answers)
    return [Row(pair.prompt, [*pair.answer, tokenizer.eos_token_id]) for pair in pairs]


def has_unknown(tokenizer: "PreTrainedTokenizerBase", ids: Sequence[int]) -> bool:
    """Whether ids hold the token for what the tokenizer does not know; one that also ends texts, as in GPT-2, says nothing."""
    return tokenizer.unk_token_id not in (tokenizer.bos_token_id, tokenizer.eos_token_id) and tokenizer.unk_token_id in ids


def marks(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """What the tokenizer reads as a mark, such as the beginning of a turn, and not as text."""
    return sorted(str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)


def collate(rows: Sequence[Row], pad: int) -> Batch:
    """Pad rows to one length and find where their completions are predicted."""
    import torch

    first = min(len(row.prompt) for row in rows) - 1
    last = max(len(row) for row in rows) - 1
    ids = np.full((len(rows), last), pad, dtype=np.int64)
    labels = np.full((len(rows), last - first), IGNORED, dtype=np.int64)
    for i, row in enumerate(rows):
        tokens = row.prompt + row.completion
        ids[i, : len(tokens) - 1] = tokens[:-1]
        begin = len(row.prompt) - 1 - first
        labels[i, begin : begin + len(row.completion)] = row.completion
    return Batch(torch.from_numpy(ids), torch.arange(first, last), torch.from_numpy(labels))


def batches(rows: Sequence[Row], size: int, rng: np.random.Generator) -> Iterator[list[Row]]:
    """One epoch: every row once, in random batches of rows of like length.

    Each row gets a random rank; rows are sorted by length and then rank, cut into batches, and the batches are
    shuffled. Sorting by (prompt, completion) length leaves next to no padding.
    """
    ranks = rng.permutation(len(rows))
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i].prompt), len(rows[i].completion), ranks[i]))
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    for which in rng.permutation(len(cut)):
        yield [rows[i] for i in cut[which]]
