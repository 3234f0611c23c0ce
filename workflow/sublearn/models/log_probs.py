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

# Beginnings of answers of one forward pass, those of one prompt or of several: on a processor, and on a GPU, where a pass takes
# as long whatever it holds.
AT_ONCE, AT_ONCE_ON_GPU = 64, 512


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

    at_once = AT_ONCE if model.device.type == "cpu" else AT_ONCE_ON_GPU
    batches = _batches(starts, at_once)
    firsts: dict[int, torch.Tensor] = {}
    rest = torch.zeros(len(prompts), len(starts), dtype=torch.float64)
    with torch.inference_mode():
        for rows, read in _read(model, prompts, use_cache=bool(batches)):
            firsts.update(zip(rows, _log_probs(read)[:, -1].cpu(), strict=True))
            for batch in batches:
                step = max(1, at_once // len(batch.said))
                for at in range(0, len(rows), step):
                    some = torch.tensor(rows[at : at + step])
                    rest[some[:, None], batch.start] = _said(model, batch, read.past_key_values, at, len(some))
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


def _said(model: "PreTrainedModel", batch: _Batch, cache: Any, at: int, prompts: int) -> "torch.Tensor":
    """Log-probabilities of what the starts of a batch add to their first token, shape (prompts, starts).

    Args:
        cache: of prompts of one length, of which these are so many from place ``at`` on.
    """
    import torch

    beginnings = len(batch.said)
    goes_on = _after(cache, torch.arange(at, at + prompts).repeat_interleave(beginnings).to(model.device))
    ids = batch.said.repeat(prompts, 1).to(model.device)
    found = _log_probs(model(input_ids=ids, past_key_values=goes_on, use_cache=True)).unflatten(0, (prompts, beginnings))
    # Chosen where they were computed: of a vocabulary of fifty thousand, a few dozen are asked for.
    row, token = batch.row[:, None].to(model.device), batch.next.to(model.device)
    return found[:, row, torch.arange(token.shape[1], device=model.device), token].sum(dim=-1).cpu()


def _batches(starts: Sequence[tuple[int, ...]], at_once: int) -> list[_Batch]:
    """The starts of several tokens, by all but their last token. Many share that, and a model reads it once."""
    import torch

    ordered = sorted({start[:-1] for start in starts if len(start) > 1}, key=len)
    found = []
    for _, same in groupby(ordered, key=len):
        beginnings = list(same)
        for at in range(0, len(beginnings), at_once):
            row = {beginning: i for i, beginning in enumerate(beginnings[at : at + at_once])}
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


def _after(cache: Any, rows: "torch.Tensor") -> Any:
    """A cache for rows that go on after these rows of another, which stays as it is."""
    mine = copy.copy(cache)
    mine.layers = [copy.copy(layer) for layer in cache.layers]  # selecting rows gives each tensors of its own
    mine.batch_select_indices(rows)
    return mine
