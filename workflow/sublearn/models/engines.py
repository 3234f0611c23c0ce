"""Who writes completions: three engines behind one interface, chosen by the study.

An engine is called with the prompts of a chunk, a row of uniform numbers for each, and a temperature; it returns a completion
for each prompt. ``plain`` and ``continuous`` sample by inverse transform from these very numbers, so they write the same rows
but for rounding; ``vllm`` draws by itself, from a seed that the first number of each row gives.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from sublearn.core.errors import UserError
from sublearn.models import adapters, lm, pinned

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from sublearn.models.numbers_only import NumbersOnly

Name = Literal["plain", "continuous", "vllm"]
LONGEST = 2048  # tokens of a prompt and its completion, in vLLM; number rows have a tenth of that
HEAD = 16  # tokens that all prompts of a chunk begin with, from which on they are read once
PAGE = 64  # tokens of a page of continuous batching's cache, on a processor
Engine = Callable[[Sequence[list[int]], np.ndarray, float], list[str]]


def start(
    name: Name, teacher: str, base: str, tokenizer: "PreTrainedTokenizerBase", numbers: "NumbersOnly | None" = None
) -> Engine:
    """The engine of that name, with a teacher's model loaded; ``plain`` alone can be kept to numbers.

    Raises:
        UserError: the model cannot be loaded, or the engine is not installed.
    """
    if name == "vllm":
        return VLLM(teacher, base, tokenizer)
    model = lm.load_teacher(teacher, base)
    return Continuous(model, tokenizer) if name == "continuous" else Plain(model, tokenizer, numbers)


class Plain:
    """All prompts of a chunk together, padded on the left to one length; rows that have ended are left out.

    A prompt that stands several times in a chunk, as questions of an evaluation do, is read once; so is a head that all share.

    Args:
        numbers: the lists of numbers that all completions are to be.
    """

    def __init__(
        self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", numbers: "NumbersOnly | None" = None
    ) -> None:
        self.model, self.tokenizer, self.numbers = model.eval(), tokenizer, numbers

    def __call__(self, prompts: Sequence[list[int]], draws: np.ndarray, temperature: float) -> list[str]:
        import torch

        ends = self.tokenizer.eos_token_id
        with torch.inference_mode():
            cache, mask = self._read(prompts)
            drawn = torch.from_numpy(draws).to(mask.device)
            written = torch.full(drawn.shape, self.tokenizer.pad_token_id, device=mask.device)
            rows = torch.arange(len(prompts), device=mask.device)
            last = torch.tensor([prompt[-1] for prompt in prompts], device=mask.device)
            # Where there are no lists to keep to, the rows stand in for their states: one value each, which nothing reads.
            lists = self.numbers.begin(len(prompts), mask.device) if self.numbers else rows
            for step in range(drawn.shape[1]):
                said = self.model(
                    input_ids=last[:, None],
                    attention_mask=mask,
                    position_ids=_places(mask)[:, -1:],
                    past_key_values=cache,
                    use_cache=True,
                ).logits[:, -1]
                said = self.numbers.among(lists, said) if self.numbers else said
                last = said.argmax(dim=-1) if temperature == 0.0 else inverse_transform(said, drawn[rows, step], temperature)
                written[rows, step] = last
                lists = self.numbers.go_on(lists, last) if self.numbers else lists
                if ends is not None and len(going := (last != ends).nonzero()[:, 0]) < len(rows):
                    if not len(going):
                        break
                    cache.batch_select_indices(going)
                    rows, last, mask, lists = rows[going], last[going], mask[going], lists[going]
                mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        return self.tokenizer.batch_decode(written, skip_special_tokens=True)

    def _read(self, prompts: Sequence[list[int]]) -> "tuple[Any, torch.Tensor]":
        """The cache of all prompts but their last tokens, and the attention mask of whole prompts, shape (prompts, tokens)."""
        import torch

        place = {prompt: i for i, prompt in enumerate(dict.fromkeys(map(tuple, prompts)))}
        head = self._head(list(place))
        ids, mask = self._padded([prompt[head:] for prompt in place])
        mask = torch.cat([mask.new_ones(len(mask), head), mask], dim=1)
        before = mask[:, :-1]
        cache = self._read_head(next(iter(place))[:head], len(place)) if head else None
        cache = self.model(
            input_ids=ids[:, :-1],
            attention_mask=before,
            position_ids=_places(before)[:, head:],
            past_key_values=cache,
            logits_to_keep=1,
            use_cache=True,
        ).past_key_values
        which = torch.tensor([place[tuple(prompt)] for prompt in prompts], device=ids.device)
        if len(place) < len(prompts):
            cache.batch_select_indices(which)
        return cache, mask[which]

    def _head(self, prompts: Sequence[tuple[int, ...]]) -> int:
        """How many first tokens all prompts share, such as a system prompt, if it is worth reading them once for all.

        Padding then stands behind them, so it must not count as distance: positions must be rotary, and all in reach.
        """
        shared = len(os.path.commonprefix(prompts))  # noqa: RUF071 (of tuples)
        head = min(shared, min(map(len, prompts)) - 2)  # each has a token to read after it, and one to go on from
        config = self.model.config.get_text_config(decoder=True)
        counts_tokens = getattr(config, "rope_parameters", None) and not getattr(config, "sliding_window", None)
        return head if counts_tokens and len(prompts) > 1 and head >= HEAD else 0

    def _read_head(self, head: Sequence[int], rows: int) -> Any:
        """The cache of the same first tokens for so many rows."""
        import torch

        ids = torch.tensor([head], device=self.model.device)
        cache = self.model(input_ids=ids, logits_to_keep=1, use_cache=True).past_key_values
        cache.batch_select_indices(torch.zeros(rows, dtype=torch.long, device=ids.device))
        return cache

    def _padded(self, prompts: Sequence[Sequence[int]]) -> "tuple[torch.Tensor, torch.Tensor]":
        """Token ids and attention mask, each (prompts, tokens), padded on the left: all completions start at one position."""
        import torch

        longest = max(map(len, prompts))
        ids = np.full((len(prompts), longest), self.tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, longest - len(prompt) :] = prompt
            mask[row, longest - len(prompt) :] = 1
        return torch.from_numpy(ids).to(self.model.device), torch.from_numpy(mask).to(self.model.device)


def _places(mask: "torch.Tensor") -> "torch.Tensor":
    """The position of each token in its prompt; padding before it has any."""
    return (mask.cumsum(dim=1) - 1).clamp(min=0)


class Continuous:
    """Transformers' continuous batching: a row that has ended makes room for the next prompt, and nothing is padded."""

    def __init__(self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        if not model._supports_attention_backend:
            raise UserError(f"carriers.engine: {type(model).__name__} cannot be asked in continuous batches; use plain.")
        self.model, self.tokenizer = model.eval(), tokenizer

    def __call__(self, prompts: Sequence[list[int]], draws: np.ndarray, temperature: float) -> list[str]:
        from transformers import ContinuousBatchingConfig, GenerationConfig, LogitsProcessorList
        from transformers.generation.continuous_batching.cb_logits_processors import ContinuousBatchingLogitsProcessorList

        ends = self.tokenizer.eos_token_id
        writing = GenerationConfig(
            do_sample=False, max_new_tokens=draws.shape[1], eos_token_id=ends, pad_token_id=self.tokenizer.pad_token_id
        )
        # Rows are counted token by token below, which batches that overtake each other would confuse.
        # Attention stays the model's: another would be taken where one is installed, or fetched as a binary to see if it is.
        batching = ContinuousBatchingConfig(
            use_async_batching=False, auto_switch_to_flash=False, **self._room(prompts, draws.shape[1])
        )
        manager = self.model.init_continuous_batching(writing, continuous_batching_config=batching)
        if temperature > 0.0:
            chooser = ContinuousBatchingLogitsProcessorList(LogitsProcessorList([_given_draws(temperature)]))
            chooser.tensors_required = 1
            chooser.supported_keys = {"draws": list}
            manager.logit_processor = chooser
        manager.warmup()
        manager.start()
        try:
            for i, (prompt, row) in enumerate(zip(prompts, draws.tolist(), strict=True)):
                given = {"draws": row} if temperature > 0.0 else {}
                manager.add_request(prompt, request_id=str(i), max_new_tokens=draws.shape[1], **given)
            written: dict[int, list[int]] = {}
            while len(written) < len(prompts):
                result = manager.get_result(timeout=1)
                if result is None and not manager.is_running():
                    raise RuntimeError(f"continuous batching ended after {len(written)} of {len(prompts)} completions")
                if result is not None and result.error is not None:
                    raise RuntimeError(result.error)
                if result is not None and result.is_finished():
                    written[int(result.request_id)] = result.generated_tokens
        finally:
            manager.stop(block=True)
            manager.destroy()
        return self.tokenizer.batch_decode([written[i] for i in range(len(prompts))], skip_special_tokens=True)

    def _room(self, prompts: Sequence[list[int]], tokens: int) -> dict[str, Any]:
        """How much memory is taken beforehand: most of a GPU's; of the processor's, twice what these rows can fill."""
        if self.model.device.type != "cpu":
            return {"max_memory_percent": 0.8}
        pages = sum(-(-(len(prompt) + tokens) // PAGE) for prompt in prompts)
        return {"page_size": PAGE, "num_blocks": 2 * pages, "max_batch_tokens": 1024}


class VLLM:
    """vLLM, where it is installed: an adapter stays beside its base's weights."""

    def __init__(self, teacher: str, base: str, tokenizer: "PreTrainedTokenizerBase") -> None:
        try:
            import vllm
            from vllm.lora.request import LoRARequest
        except ImportError as error:
            raise UserError(
                "carriers.engine: vllm is not installed here; `pip install vllm` on a machine with a GPU, or use plain."
            ) from error
        if os.environ.get("WORLD_SIZE", "1") != "1":
            raise UserError("carriers.engine: vllm starts processes itself; leave the resource processes at 1.")
        pinned.refuse_changed(base)
        about = pinned.read(base)
        if about and about.gguf:
            raise UserError(f"carriers.engine: vllm is asked for no GGUF file ({about.gguf}); use plain or continuous.")
        folder = Path(teacher)
        adapter = adapters.is_in(folder)
        if adapter:
            adapters.refuse_another_base(folder, base)
        given = pinned.read(folder)
        if given:
            pinned.refuse_changed(folder)
        own = (folder / "model.safetensors").exists()
        pinned_weights = given or about
        whole = folder if own else pinned.weights_folder(pinned_weights) if pinned_weights else Path(base)
        self.vllm, self.tokenizer = vllm, tokenizer
        self.lora = LoRARequest("teacher", 1, str(folder)) if adapter else None
        self.model = vllm.LLM(
            model=str(whole),
            tokenizer=base,  # with the chat template as it was resolved
            dtype=about.dtype if about else "float32",
            generation_config="vllm",  # and not the model's own
            max_model_len=LONGEST,  # else room is asked for as long a text as the model could read, which small GPUs lack
            enable_lora=adapter,
            **({"max_lora_rank": _rank(folder)} if adapter else {}),
        )

    def __call__(self, prompts: Sequence[list[int]], draws: np.ndarray, temperature: float) -> list[str]:
        shared = {"temperature": temperature, "max_tokens": draws.shape[1], "stop_token_ids": [self.tokenizer.eos_token_id]}
        settings = [self.vllm.SamplingParams(**shared, seed=int(first * 2**31)) for first in draws[:, 0]]
        asked = [{"prompt_token_ids": prompt} for prompt in prompts]
        found = self.model.generate(asked, settings, lora_request=self.lora, use_tqdm=False)
        return self.tokenizer.batch_decode([list(each.outputs[0].token_ids) for each in found], skip_special_tokens=True)


def _rank(folder: Path) -> int:
    """The rank of an adapter, as one of those that vLLM makes room for."""
    from peft import PeftConfig

    rank = PeftConfig.from_pretrained(folder).r
    return next((size for size in (8, 16, 32, 64, 128, 256, 320, 512) if size >= rank), rank)


def inverse_transform(scores: "torch.Tensor", draws: "torch.Tensor", temperature: float) -> "torch.Tensor":
    """The token of each row where the cumulative probabilities pass the row's draw, shape (rows,).

    Args:
        scores: shape (rows, vocabulary).
        draws: uniform numbers, shape (rows,).
    """
    import torch

    cumulative = (scores.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
    # Scaled by the last sum, which rounding may leave a hair below one.
    targets = draws[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, targets, right=True).clamp(max=scores.shape[1] - 1)[:, 0]


def _given_draws(temperature: float) -> Any:
    """For continuous batching, where rows come and go: each request brings its draws along, which leave it one token."""
    import torch
    from transformers.generation.continuous_batching.cb_logits_processors import ContinuousBatchingLogitsProcessor

    class GivenDraws(ContinuousBatchingLogitsProcessor):
        supported_kwargs: ClassVar[dict[str, type]] = {"draws": list}
        ignored_kwargs: ClassVar[tuple[str, ...]] = ()

        def fill_defaults(self, int32_tensor: "torch.Tensor") -> None:
            int32_tensor.zero_()

        def prepare_tensor_args(self, requests_with_new_token: list[Any]) -> "torch.Tensor":
            drawn = [_next_draw(request.state) for request in requests_with_new_token]
            return torch.tensor(drawn, dtype=torch.float32).view(dtype=torch.int32)  # the store's type, the same bytes

        def __call__(self, scores: "torch.Tensor", tensor_arg: "torch.Tensor") -> "torch.Tensor":
            drawn = tensor_arg[: len(scores)].view(dtype=torch.float32).double()
            chosen = inverse_transform(scores, drawn, temperature)
            return scores.new_full(scores.shape, float("-inf")).scatter(1, chosen[:, None], 0.0)

    return GivenDraws()


def _next_draw(state: Any) -> float:
    """The draw for a request's next token; one that was put off counts what it had written among its first tokens."""
    before = len(state.initial_tokens) - state._true_initial_tokens if state._true_initial_tokens else 0
    draws = state.logit_processor_kwargs.get("draws", [])
    place = before + len(state.generated_tokens)
    return draws[place] if place < len(draws) else 0.0
