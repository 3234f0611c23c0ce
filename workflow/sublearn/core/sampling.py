"""Sample completions such that each draw depends on its own key alone, never on the batch it was in.

Sampling is by inverse transform: the token at step t of prompt i is where the cumulative probabilities pass the
uniform number u[i, t]. The uniform numbers are drawn beforehand from the key, so neither the batch nor the order in
which prompts are sampled changes a draw.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sublearn.core.seeds import generator
from sublearn.core.step import progress

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def uniform(count: int, tokens: int, *key: str | int) -> np.ndarray:
    """Uniform numbers, shape (count, tokens); row i depends on the key and on i alone, token by token."""
    return np.array([generator(*key, i).random(tokens) for i in range(count)]).reshape(count, tokens)


def sample(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: Sequence[list[int]],
    draws: np.ndarray,
    temperature: float = 1.0,
    batch: int = 500,
    what: str = "sampling",
) -> list[str]:
    """One completion for each prompt, special tokens removed.

    Args:
        draws: uniform numbers, shape (prompts, longest completion in tokens).
        temperature: of the softmax; 0 takes the most probable token.

    Prompts are sampled in order of length, so batches hold little padding.
    """
    import torch

    device = model.device
    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
    chunks = [order[start : start + batch] for start in range(0, len(order), batch)]
    texts = [""] * len(prompts)
    model.eval()
    for chunk in progress(chunks, what):
        longest = max(len(prompts[i]) for i in chunk)
        # Prompts are padded on the left, so that all completions start at one position.
        ids = np.full((len(chunk), longest), tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, i in enumerate(chunk):
            ids[row, longest - len(prompts[i]) :] = prompts[i]
            mask[row, longest - len(prompts[i]) :] = 1
        chooser = _processors(torch.from_numpy(draws[chunk]).to(device), longest, temperature)
        with torch.inference_mode():
            out = model.generate(
                torch.from_numpy(ids).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
                do_sample=False,  # the processor below has already drawn
                max_new_tokens=draws.shape[1],
                logits_processor=chooser,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        for i, text in zip(chunk, tokenizer.batch_decode(out[:, longest:], skip_special_tokens=True), strict=True):
            texts[i] = text
    return texts


def _processors(draws: "torch.Tensor", prompt_length: int, temperature: float) -> Any:
    """A processor for ``generate`` that leaves one possible token a row: the one that the draw falls on."""
    from transformers import LogitsProcessor, LogitsProcessorList

    class InverseTransform(LogitsProcessor):
        def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
            if temperature == 0.0:
                return scores
            cumulative = (scores.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
            step = input_ids.shape[1] - prompt_length
            # Scaled by the last sum, which rounding may leave a hair below one.
            targets = draws[:, step, None] * cumulative[:, -1:]
            chosen = (cumulative <= targets).sum(dim=-1, keepdim=True).clamp(max=scores.shape[1] - 1)
            return scores.new_full(scores.shape, float("-inf")).scatter(1, chosen, 0.0)

    return LogitsProcessorList([InverseTransform()])
