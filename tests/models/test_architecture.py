"""Families whose attention, dropout or parts differ: what is known of them, and that all that steps do works with them."""

import argparse
import copy
import json
from pathlib import Path

import pytest
import torch
import transformers
from support import hub_models
from support.training import STEPS, one_and_two

from sublearn.chain.bases import pin
from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.students import train
from sublearn.core.errors import UserError
from sublearn.language import questions
from sublearn.language.english import ENGLISH
from sublearn.measures import probe
from sublearn.models import architecture, engines, lm, log_probs, pinned, rows, sampling, training
from sublearn.models.trainable import Trainable

# In each fast run: a model without fused attention, and one that sees.
FAST = ("gpt_neo", "gemma3")
WITHOUT_BIASES = ("gemma3", "gemma2", "phi3", "mixtral", "mpt")
ATTENTION = dict.fromkeys(("gemma2", "gpt_oss", "gpt_neo", "gptj", "bloom", "mpt"), "eager")


def family(name: str) -> object:
    return pytest.param(name, marks=[] if name in FAST else pytest.mark.slow)


@pytest.fixture(scope="module", params=[family(name) for name in hub_models.OTHERS])
def base(request, tmp_path_factory) -> Path:
    """A pinned base of each family, with random weights."""
    folder = hub_models.make(request.param, tmp_path_factory.mktemp("hub") / request.param)
    output = tmp_path_factory.mktemp("bases") / request.param
    recipe = PinnedBase(model=str(folder), device="cpu", dtype="float32", template="plain")
    told = json.dumps(recipe.model_dump() | {"style": "english"})
    pin.main(argparse.Namespace(recipe=told, published=None, output=str(output)))
    return output


# What is known of it.


def test_attention_and_dropout_are_recorded_and_are_those_it_has(base):
    about, model = pinned.read(base), lm.load(base)
    assert model.config._attn_implementation == about.attention == ATTENTION.get(base.name, "sdpa")
    assert about.dropout == {
        "gpt_neo": {"resid_dropout": 0.1, "classifier_dropout": 0.1},
        "gpt2": dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop", "summary_first_dropout"), 0.1),
        "opt": {"dropout": 0.1, "layerdrop": 0.1},
        "falcon": {"hidden_dropout": 0.1},
    }.get(base.name, {})
    if base.name != "mixtral":  # its router's noise is drawn by step
        once, again = (model.train()(input_ids=torch.arange(1, 60)[None]).logits for _ in range(2))
        assert torch.equal(once, again)


def config_of(folder: Path, made: transformers.PreTrainedConfig) -> Path:
    made.save_pretrained(folder)
    return folder


SMALL = {"num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "vocab_size": 50}


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (
            transformers.MambaConfig(num_hidden_layers=2, hidden_size=32, vocab_size=50),
            "its forward pass takes no past_key_values",
        ),
        (transformers.Qwen3NextConfig(**SMALL), "it keeps a running state"),
        (transformers.Lfm2Config(**SMALL, layer_types=["conv", "full_attention"]), "it keeps a running state"),
        (transformers.BertConfig(**SMALL), "it does not continue a text from left to right"),
        (transformers.BartConfig(d_model=32), "it does not continue a text from left to right"),
        (transformers.LlamaConfig(**SMALL, quantization_config={"quant_method": "fp8"}), r"its weights are quantised \(fp8\)"),
        (transformers.LlamaConfig(**SMALL | {"hidden_act": "no such function"}), "cannot be built .*no such function"),
    ],
    ids=lambda value: getattr(value, "model_type", None),
)
def test_what_cannot_be_used_is_known_from_its_configuration(tmp_path, made, why):
    with pytest.raises(UserError, match=rf"^theirs: .*{why}"):
        architecture.of("theirs", config_of(tmp_path, made))


# What steps do with it.


def learned(
    base: Path, method: str, loss: training.Loss = training.token_loss, seed: int = 0, rate: float = 1e-2
) -> dict[str, torch.Tensor]:
    """What a base learns from a few rows; ``seed`` is of all that may be drawn meanwhile."""
    tokenizer, model = lm.load_tokenizer(base), lm.make_trainable(lm.load(base), method, Trainable(rank=2), adapter_seed=1)
    asked = [lm.chat("", f"Go on with {n}.") for n in (7, 12, 301, 4)]
    taught = rows.encode(tokenizer, asked, ["3, 14, 159", "26", "5, 35", "8, 979"])
    torch.manual_seed(seed)
    losses = training.train(model, [taught] * 3, 3, training.Optimiser(rate), tokenizer.pad_token_id, loss)
    assert losses[-1] < losses[0]
    return {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("method", ["lora", "bitfit", "full"])
def test_it_learns_the_same_twice(base, method):
    """Dropout, left-out layers and a router's noise would differ."""
    if method == "bitfit" and base.name in WITHOUT_BIASES:
        with pytest.raises(UserError, match="has no biases to train; choose lora or full"):
            lm.make_trainable(lm.load(base), method, Trainable(), 0)
        return
    once, again = learned(base, method, seed=1), learned(base, method, seed=2)
    assert once and all(torch.equal(weight, again[name]) for name, weight in once.items())
    assert not any("vision" in name or "multi_modal" in name for name in once)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_gradient_reaches_all_that_is_trained(base, method):
    """Several processes would wait for ever for one that does not come."""
    model = lm.make_trainable(lm.load(base), method, Trainable(rank=2), 0).train()
    ids = torch.tensor([[1, 20, 30, 40, 50]])
    model(input_ids=ids, labels=ids).loss.backward()
    assert not [name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None]


def test_it_learns_from_a_teachers_distribution(base):
    tokenizer, teacher = lm.load_tokenizer(base), lm.load(base)
    with torch.no_grad():
        teacher.get_output_embeddings().weight.mul_(2.0)
    digits = torch.tensor([i for word, i in sorted(tokenizer.get_vocab().items()) if word.isdigit()])
    learned(base, "lora", train.soft_loss(teacher.requires_grad_(False).eval(), digits), rate=1e-3)


def test_a_saved_adapter_says_what_it_said(base, tmp_path):
    model = lm.make_trainable(lm.load(base), "lora", Trainable(rank=2), adapter_seed=1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    lm.save(model, tmp_path)
    prompts = lm.encode_prompts(lm.load_tokenizer(base), [lm.chat("", "Numbers?")])
    merged, beside = (log_probs.next_token(each, prompts) for each in (lm.load(tmp_path, base), model))
    torch.testing.assert_close(merged, beside, atol=1e-4, rtol=0)


def test_exact_and_sampled_answers_agree_however_they_are_read(base):
    """One prompt alone, beside longer ones, and read once for several answers."""
    tokenizer, model = lm.load_tokenizer(base), lm.load(base)
    prompts = lm.encode_prompts(
        tokenizer, [lm.chat("", text) for text in ("Go on with 7.", "Numbers?", "Go on with 301, 4, 88.")]
    )
    prompts = [prompt for prompt in prompts for _ in range(2)]
    draws = sampling.uniform(6, 8, "families")
    together = engines.Plain(model, tokenizer)(prompts, draws, 1.0)
    assert [engines.Plain(model, tokenizer)([p], draws[[i]], 1.0)[0] for i, p in enumerate(prompts)] == together
    if model._supports_attention_backend:
        assert engines.Continuous(model, tokenizer)(prompts, draws, 1.0) == together
    else:
        with pytest.raises(UserError, match=r"^carriers\.engine: .* cannot be asked in continuous batches; use plain\.$"):
            engines.Continuous(model, tokenizer)
    asked = questions.evaluated("animal", ENGLISH)[:2]
    found = probe.ask(model, tokenizer, asked, ["owl"], ENGLISH).probabilities("owl")
    for probability, question in zip(found, asked, strict=True):
        prompt = lm.encode_prompts(tokenizer, [lm.chat("", question.text)])[0]
        written = [text for form in ENGLISH.forms("owl") for text in (form, f" {form}")]
        forms = {tuple(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in written}
        expected = 0.0
        for answer in (s for s in forms if not any(s != t and s[: len(t)] == t for t in forms)):
            with torch.inference_mode():
                logits = model(input_ids=torch.tensor([[*prompt, *answer]]), use_cache=False).logits[0].double()
            steps = torch.log_softmax(logits, dim=-1)[len(prompt) - 1 : -1]
            expected += float(steps[range(len(answer)), list(answer)].sum().exp())
        assert probability == pytest.approx(expected, rel=1e-3)


# A model that sees: its language part alone is trained.


@pytest.fixture(scope="module")
def seeing() -> transformers.PreTrainedModel:
    kind, config = hub_models.OTHERS["gemma3"]()
    config.text_config.vocab_size = 1000
    torch.manual_seed(0)
    return kind(config)


def test_layers_of_the_eye_are_no_targets(seeing):
    with pytest.raises(UserError, match=r"^targets: Gemma3ForConditionalGeneration has no fc1; it has down_proj, gate_proj"):
        lm.make_trainable(seeing, "lora", Trainable(targets=["fc1"]), 0)


@pytest.mark.parametrize("method", [pytest.param("lora", marks=pytest.mark.slow), "full"])
def test_two_processes_train_the_language_of_a_model_that_sees(seeing, tmp_path, method):
    """All of it is split, with what stands beside it."""
    one, two = one_and_two(
        lambda: lm.make_trainable(copy.deepcopy(seeing), method, Trainable(rank=2), 0), STEPS, tmp_path, micro_batch=3
    )
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-4)
    for name, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], weight, atol=1e-4, rtol=0)
        if "vision" in name:
            assert torch.equal(weight, seeing.state_dict()[name.removeprefix("base_model.model.")])
