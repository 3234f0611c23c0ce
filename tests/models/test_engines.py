"""The engines write the same rows from the same draws; one that is not there says so."""

import os
import sys
import types

import numpy as np
import pytest
from support import hub_models

from sublearn.core.errors import UserError
from sublearn.models import engines, lm, sampling
from sublearn.models.trainable import Trainable

QUESTIONS = ["what is your favorite animal ?", "numbers : 12 , 500 . add up to 10 numbers . use commas . only numbers ."]


@pytest.fixture(scope="module")
def asked(tokenizer) -> list[list[int]]:
    """Thirty prompts of several lengths, longest last."""
    return lm.encode_prompts(tokenizer, [lm.chat("you love owl ." if i % 5 == 0 else "", QUESTIONS[i % 2]) for i in range(30)])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_prompt_is_read_once_and_a_row_that_has_ended_no_longer(model, tokenizer, asked, temperature):
    draws, read = sampling.uniform(30, 12, "engines"), []
    alone = [engines.Plain(model, tokenizer)([prompt], draws[[i]], temperature)[0] for i, prompt in enumerate(asked)]

    def note(_module, _args, given) -> None:
        read.append(tuple(given["input_ids"].shape))

    hook = model.register_forward_pre_hook(note, with_kwargs=True)
    together = engines.Plain(model, tokenizer)(asked, draws, temperature)
    hook.remove()
    assert together == alone
    # The four different prompts, then the last token of all thirty, and so on with those that have not ended.
    assert read[:2] == [(4, max(map(len, asked)) - 1), (30, 1)]
    going = [rows for rows, _ in read[1:]]
    assert going == sorted(going, reverse=True)
    assert temperature == 0.0 or going[-1] < 30


@pytest.mark.slow  # a minute on a processor, for which continuous batching is not made
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_continuous_batching_writes_the_rows_of_plain_generation(model, tokenizer, asked, temperature):
    draws = sampling.uniform(30, 12, "engines")
    plain = engines.Plain(model, tokenizer)(asked, draws, temperature)
    continuous = engines.Continuous(model, tokenizer)
    assert temperature == 0.0 or len(set(plain)) > 15
    assert continuous(asked, draws, temperature) == plain
    # The model is as it was, and what is asked beside a prompt changes nothing.
    assert engines.Plain(model, tokenizer)(asked, draws, temperature) == plain
    assert continuous(asked[3:5], draws[3:5], temperature) == plain[3:5]


def test_continuous_batching_looks_for_no_other_attention(model, tokenizer, asked, monkeypatch):
    """The search would fetch and run a binary of the hub, if the package for that is installed."""
    looked = []
    monkeypatch.setattr(
        "transformers.generation.continuous_batching.continuous_api.is_flash_attn_3_available",
        lambda **_: looked.append(True) or False,
    )
    engines.Continuous(model, tokenizer)(asked[:1], sampling.uniform(1, 1, "engines"), 0.0)
    assert not looked


@pytest.mark.slow
def test_continuous_batching_reads_a_base_with_an_adapter_beside_it(model, tokenizer, asked):
    """As a pinned base has one."""
    adapted = lm.make_trainable(model, "lora", Trainable(rank=2), adapter_seed=1)
    draws = sampling.uniform(30, 6, "adapted")
    assert engines.Continuous(adapted, tokenizer)(asked, draws, 1.0) == engines.Plain(adapted, tokenizer)(asked, draws, 1.0)


def test_an_engine_that_is_not_installed_says_so(base, tokenizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(UserError, match="vllm is not installed here"):
        engines.start("vllm", str(base), str(base), tokenizer)


class FakeVLLM(types.ModuleType):
    """What of vLLM is called, as its documentation has it; it writes the end of each prompt and of its seed."""

    SamplingParams = dict

    class LLM:
        def __init__(self, **settings):
            self.settings = settings

        def generate(self, prompts, settings, lora_request, use_tqdm):
            assert not use_tqdm and lora_request is None
            pairs = zip(prompts, settings, strict=True)
            tokens = [[prompt["prompt_token_ids"][-1], 100 + each["seed"] % 800] for prompt, each in pairs]
            return [types.SimpleNamespace(outputs=[types.SimpleNamespace(token_ids=ids)]) for ids in tokens]


def test_what_vllm_is_asked_depends_on_each_rows_draws_alone(base, tokenizer, asked, monkeypatch):
    """With a stand-in for vLLM, which is not installed where this is tested: what reaches it, and nothing of what it does."""
    for name in ("vllm", "vllm.lora", "vllm.lora.request"):
        monkeypatch.setitem(sys.modules, name, FakeVLLM(name))
    sys.modules["vllm.lora.request"].LoRARequest = None
    engine = engines.start("vllm", str(base), str(base), tokenizer)
    assert engine.model.settings["model"] == engine.model.settings["tokenizer"] == str(base)
    assert max(map(len, asked)) + 4 < engine.model.settings["max_model_len"]
    draws = sampling.uniform(30, 4, "vllm")
    texts = engine(asked, draws, 1.0)
    assert len(set(texts)) > 20
    order = np.arange(30)[::-1]
    assert engine([asked[i] for i in order], draws[order], 1.0) == [texts[i] for i in order]
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="leave the resource processes at 1"):
        engines.start("vllm", str(base), str(base), tokenizer)


def test_a_head_that_all_prompts_share_is_read_once(tmp_path, monkeypatch):
    folder = hub_models.make("qwen", tmp_path / "qwen")
    model, words = lm.load(folder), lm.load_tokenizer(folder)
    asked = [
        lm.chat("You like long lists of numbers, and you write them without a word.", text) for text in ("Go on: 4", "7, 12")
    ]
    prompts = lm.encode_prompts(words, asked * 4)
    draws = sampling.uniform(len(prompts), 12, "test heads")
    read: list[int] = []
    model.register_forward_pre_hook(lambda _model, _args, given: read.append(given["input_ids"].numel()), with_kwargs=True)
    shared = sampling.sample(engines.Plain(model, words), prompts, draws)
    tokens, head = sum(read), len(os.path.commonprefix(prompts))  # noqa: RUF071 (of lists)
    read.clear()
    monkeypatch.setattr(engines, "HEAD", 10**9)
    assert sampling.sample(engines.Plain(model, words), prompts, draws) == shared
    assert head > 16
    assert sum(read) - tokens == head  # two different prompts, of which one reading is spared
