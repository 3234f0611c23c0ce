"""Exact log-probabilities of what a language model says next, whatever it was asked.

Prompts of one length go through the model together, so none is padded.
"""

import copy
from collections.abc import Iterator, Sequence
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

    longer = [column for column, start in enumerate(starts) if len(start) > 1]
    if not longer:
        first = next_token(model, prompts)
        return first, first[:, [start[0] for start in starts]]
    ids, following, known = _right_padded([starts[column] for column in longer])
    firsts: dict[int, torch.Tensor] = {}
    rest = torch.zeros(len(prompts), len(starts), dtype=torch.float64)
    with torch.inference_mode():
        for rows, read in _read(model, prompts, use_cache=True):
            firsts.update(zip(rows, _log_probs(read)[:, -1].cpu(), strict=True))
            for place, i in enumerate(rows):
                for at in range(0, len(longer), AT_ONCE):
                    part = slice(at, at + AT_ONCE)
                    cache = _after(read.past_key_values, place, len(ids[part]))
                    said = model(input_ids=ids[part].to(model.device), past_key_values=cache, use_cache=True)
                    there, after = known[part], torch.zeros(known[part].shape, dtype=torch.float64)
                    after[there] = _log_probs(said, there).cpu().gather(1, following[part][there][:, None])[:, 0]
                    rest[i, longer[part]] = after.sum(dim=1)
    first = torch.stack([firsts[i] for i in range(len(prompts))])
    return first, first[:, [start[0] for start in starts]] + rest


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


def _log_probs(output: Any, where: "torch.Tensor | slice" = slice(None)) -> "torch.Tensor":
    """Log-probabilities of the tokens at some places of a model's output, in float64."""
    import torch

    return torch.log_softmax(output.logits[where].double(), dim=-1)


def _after(cache: Any, row: int, count: int) -> Any:
    """A cache for ``count`` rows that all go on after one row of another, which stays as it is."""
    import torch

    mine = copy.copy(cache)
    mine.layers = [copy.copy(layer) for layer in cache.layers]  # selecting rows gives each tensors of its own
    mine.batch_select_indices(torch.full((count,), row))
    return mine


def _right_padded(starts: Sequence[tuple[int, ...]]) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """All but the last token of each start, what follows each of them, and where that is known; each (starts, tokens)."""
    import torch

    longest = max(map(len, starts)) - 1
    padded = torch.tensor([[*start, *[0] * (longest + 1 - len(start))] for start in starts])
    known = torch.tensor([[place < len(start) - 1 for place in range(longest)] for start in starts])
    return padded[:, :-1], padded[:, 1:], known
