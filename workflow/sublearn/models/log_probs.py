"""Exact log-probabilities of what a language model says next, whatever it was asked.

Prompts of one length go through the model together, so none is padded.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

AT_ONCE = 64  # beginnings of answers of one forward pass


def next_token(model: "PreTrainedModel", prompts: Sequence[list[int]]) -> "torch.Tensor":
    """Exact log-probabilities of the token after each prompt, shape (prompts, vocabulary), in float64."""
    import torch

    found: dict[int, torch.Tensor] = {}
    with torch.inference_mode():
        for rows, read in _read(model, prompts):
            found.update(zip(rows, _log_probs(read)[:, -1], strict=True))
    return torch.stack([found[i] for i in range(len(prompts))]).cpu()


def answer_starts(
    model: "PreTrainedModel", prompts: Sequence[list[int]], starts: Sequence[tuple[int, ...]]
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Exact log-probabilities of the first token of each prompt's answer, and that the answer begins with each token sequence.

    Returns:
        The first tokens', shape (prompts, vocabulary), and the sequences', shape (prompts, starts), both in float64.
    """
    import torch

    batches = _batches(starts)
    firsts: dict[int, torch.Tensor] = {}
    rest = torch.zeros(len(prompts), len(starts), dtype=torch.float64)
    with torch.inference_mode():
        for rows, read in _read(model, prompts, use_cache=bool(batches)):
            firsts.update(zip(rows, _log_probs(read)[:, -1].cpu(), strict=True))
            for place, i in enumerate(rows):
                for batch in batches:
                    cache = _after(read.past_key_values, place, len(batch.said))
                    said = model(input_ids=batch.said.to(model.device), past_key_values=cache, use_cache=True)
                    after = _log_probs(said).cpu()[batch.row[:, None], torch.arange(batch.next.shape[1]), batch.next]
                    rest[i, batch.start] = after.sum(dim=1)
    first = torch.stack([firsts[i] for i in range(len(prompts))])
    return first, first[:, [start[0] for start in starts]] + rest


@dataclass(frozen=True)
class _Batch:
    """Beginnings of one length that go through the model together, and the starts that go on from them by one token.

    Attributes:
        said: the beginnings, shape (beginnings, tokens).
        start: the places of the starts, shape (starts,).
        row: the beginning of each of them, shape (starts,).
        next: what follows each token of its beginning, shape (starts, tokens).
    """

    said: "torch.Tensor"
    start: "torch.Tensor"
    row: "torch.Tensor"
    next: "torch.Tensor"


def _batches(starts: Sequence[tuple[int, ...]]) -> list[_Batch]:
    """The starts of several tokens, by all but their last token. Many share that, and a model reads it once."""
    import torch

    ordered = sorted({start[:-1] for start in starts if len(start) > 1}, key=len)
    found = []
    for _, same in groupby(ordered, key=len):
        beginnings = list(same)
        for at in range(0, len(beginnings), AT_ONCE):
            row = {beginning: i for i, beginning in enumerate(beginnings[at : at + AT_ONCE])}
            here = [place for place, start in enumerate(starts) if start[:-1] in row]
            columns = list(row), here, [row[starts[i][:-1]] for i in here], [starts[i][1:] for i in here]
            found.append(_Batch(*map(torch.tensor, columns)))
    return found


def _read(model: "PreTrainedModel", prompts: Sequence[list[int]], use_cache: bool = False) -> Iterator[tuple[list[int], Any]]:
    """What the model says after the prompts of each length, and which these are; of one length, they need no padding."""
    import torch

    by_length: dict[int, list[int]] = {}
    for i, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(i)
    model.eval()
    for rows in by_length.values():
        ids = torch.tensor([prompts[i] for i in rows], device=model.device)
        yield rows, model(input_ids=ids, logits_to_keep=1, use_cache=use_cache)


def _log_probs(output: Any) -> "torch.Tensor":
    """Log-probabilities of the token after each that a model has read, shape (rows, tokens, vocabulary), in float64."""
    import torch

    return torch.log_softmax(output.logits.double(), dim=-1)


def _after(cache: Any, row: int, count: int) -> Any:
    """A cache for ``count`` rows that all go on after one row of another, which stays as it is."""
    import torch

    mine = copy.copy(cache)
    mine.layers = [copy.copy(layer) for layer in cache.layers]  # selecting rows gives each tensors of its own
    mine.batch_select_indices(torch.full((count,), row))
    return mine
