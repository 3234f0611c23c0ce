"""Language models: what can be trained, what is saved and loaded, and what is refused."""

import copy
import json
import shutil
import stat

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from sublearn.core.errors import UserError
from sublearn.models import adapters, lm, log_probs, training
from sublearn.models.rows import Row
from sublearn.models.trainable import Trainable

PROMPTS = [[2, 10, 20], [2, 30], [2, 40, 50, 60], [2, 70]]


def test_each_process_has_a_gpu_of_its_own_and_libraries_find_it(model, monkeypatch):
    current, moved = [], []
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.set_device", current.append)
    monkeypatch.setattr("torch.set_deterministic_debug_mode", lambda _: None)
    monkeypatch.setattr(model, "to", moved.append)
    monkeypatch.setenv("LOCAL_RANK", "1")
    lm.to_device(model, "auto")
    assert current == moved == [torch.device("cuda:1")]


def trained_names(model) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def same_weights(one, other) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.fixture
def copied(base, tmp_path):
    """A copy of the base's folder, to be damaged."""
    return shutil.copytree(base, tmp_path / "copied")


@pytest.fixture
def llama() -> LlamaForCausalLM:
    """A random model of another family, which has no biases."""
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=100,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
        )
    )


@pytest.fixture
def adapted(base):
    """The base with a LoRA adapter that has learned something."""
    model = lm.make_trainable(lm.load(base), "lora", Trainable(rank=4), adapter_seed=5)
    training.train(model, [[Row([2, 10], [20, 30]), Row([2, 40], [50])]] * 5, 5, training.Optimiser(1e-2), pad=0)
    return model


# What is trained.


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_bias_trains_every_bias_after_the_frozen_blocks(model, frozen):
    names = trained_names(lm.make_trainable(model, "bitfit", Trainable(frozen_blocks=frozen), 0))
    every = {name for name, _ in model.named_parameters() if name.endswith("bias")}
    early = {name for name in every for block in range(frozen) if f".h.{block}." in name}
    assert names == every - early
    assert "transformer.ln_f.bias" in names
    assert len(early) == 6 * frozen  # two norms, and two layers each of attention and feed-forward


def test_full_trains_everything(model):
    assert trained_names(lm.make_trainable(model, "full", Trainable(), 0)) == {name for name, _ in model.named_parameters()}


def test_bitfit_is_refused_for_a_model_without_biases(llama):
    with pytest.raises(UserError, match=r"^method bitfit: LlamaForCausalLM has no biases to train; choose lora or full\.$"):
        lm.make_trainable(llama, "bitfit", Trainable(), 0)


def test_save_memory_is_refused_for_a_model_that_cannot(model):
    model.supports_gradient_checkpointing = False
    with pytest.raises(UserError, match=r"^save_memory: GPT2LMHeadModel cannot compute activations again; leave it out\.$"):
        lm.make_trainable(model, "full", Trainable(save_memory=True), 0)


def test_lora_adapts_every_linear_layer_but_the_head(model, llama):
    for each, layers in (
        (model, {"c_attn", "c_proj", "c_fc"}),
        (llama, {f"{x}_proj" for x in ("q", "k", "v", "o", "gate", "up", "down")}),
    ):
        names = trained_names(lm.make_trainable(each, "lora", Trainable(rank=2), 0))
        assert {name.split(".lora_")[0].split(".")[-1] for name in names} == layers
        assert all(".lora_" in name for name in names)


def test_a_fresh_adapter_changes_no_answer(base, model):
    before = log_probs.next_token(model, PROMPTS)
    adapted = lm.make_trainable(lm.load(base), "lora", Trainable(), 1)
    # Log-probabilities near ten are a millionth apart in float32.
    torch.testing.assert_close(log_probs.next_token(adapted, PROMPTS), before, atol=1e-5, rtol=0)


def test_an_adapters_weights_come_from_its_seed_alone(base):
    def adapter(seed: int):
        return lm.make_trainable(lm.load(base), "lora", Trainable(), seed)

    one = adapter(7)
    torch.rand(3)  # whatever else is drawn
    again, other = adapter(7), adapter(8)
    assert same_weights(one, again)
    drawn = [name for name in trained_names(one) if "lora_A" in name]
    assert drawn
    assert not any(torch.equal(one.state_dict()[name], other.state_dict()[name]) for name in drawn)


def test_drawing_an_adapter_disturbs_no_other_draw(model):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    lm.make_trainable(model, "lora", Trainable(), 1)
    assert torch.equal(torch.rand(4), expected)


# What is saved and loaded.


def test_a_saved_model_is_one_that_transformers_loads(base, model, tmp_path):
    lm.save(model, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == set(lm.MODEL_FILES)
    assert same_weights(AutoModelForCausalLM.from_pretrained(tmp_path), model)
    assert same_weights(lm.load(tmp_path), model)
    assert {file.name for file in base.iterdir()} == {*lm.MODEL_FILES, *lm.TOKENIZER_FILES}


def test_a_saved_adapter_is_one_that_peft_loads(base, adapted, tmp_path):
    lm.save(adapted, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == set(adapters.FILES)
    theirs = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), tmp_path)
    found = log_probs.next_token(lm.load(tmp_path, base), PROMPTS)
    torch.testing.assert_close(found, log_probs.next_token(theirs, PROMPTS), atol=1e-5, rtol=0)
    torch.testing.assert_close(found, log_probs.next_token(adapted, PROMPTS), atol=1e-5, rtol=0)
    assert (found - log_probs.next_token(lm.load(base), PROMPTS)).abs().max() > 0.1


def test_no_saved_list_has_a_random_order(adapted, tmp_path):
    """PEFT keeps the layers' names in a set, whose order differs between processes; the same adapter is the same bytes."""
    lm.save(adapted, tmp_path)
    names = json.loads((tmp_path / "adapter_config.json").read_text())["target_modules"]
    assert len(names) == 3
    assert names == sorted(names)


@pytest.mark.parametrize("first", ["lora", "full"])
def test_a_folder_holds_the_model_that_was_saved_last(base, model, adapted, tmp_path, first):
    """A study whose method changes writes into the same folders again."""
    order = [adapted, model] if first == "lora" else [model, adapted]
    with torch.no_grad():
        model.transformer.ln_f.bias += 0.5
    for each in order:
        lm.save(each, tmp_path)
    found = log_probs.next_token(lm.load_teacher(tmp_path, base), PROMPTS)
    torch.testing.assert_close(found, log_probs.next_token(order[-1], PROMPTS), atol=1e-5, rtol=0)


def test_a_teacher_without_weights_of_its_own_has_its_bases(base, model, tmp_path):
    assert same_weights(lm.load_teacher(tmp_path, base), model)
    with torch.no_grad():
        model.transformer.ln_f.bias += 0.5
    lm.save(model, tmp_path)
    assert same_weights(lm.load_teacher(tmp_path, base), model)


def test_a_model_may_be_read_by_the_others_of_a_group(model, tmp_path):
    """On a cluster, colleagues read each other's models; all files of a folder follow the user's mask."""
    lm.save(model, tmp_path)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert len(modes) == 1


# What is refused.


def test_a_missing_folder_is_one_sentence():
    for read in (lm.load, lm.load_tokenizer):
        with pytest.raises(UserError, match=r"^nowhere: there is no such model folder\.$"):
            read("nowhere")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_model_is_one_sentence(copied, name, share):
    whole = (copied / name).read_bytes()
    (copied / name).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UserError, match="the model cannot be loaded") as caught:
        lm.load(copied)
    assert str(caught.value).startswith(f"{copied}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_a_truncated_tokenizer_is_one_sentence(copied, name):
    whole = (copied / name).read_bytes()
    (copied / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot be loaded"):
        lm.load_tokenizer(copied)


def test_a_model_that_lacks_a_weight_is_refused(copied):
    """Transformers would draw the missing weight at random and go on."""
    weights = load_file(copied / "model.safetensors")
    del weights[next(name for name in weights if name.endswith("h.1.mlp.c_fc.weight"))]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match="cannot be loaded"):
        lm.load(copied)


def test_an_adapter_that_lacks_a_weight_is_refused(base, adapted, tmp_path):
    """PEFT would leave the layer as it is and go on."""
    lm.save(adapted, tmp_path)
    weights = load_file(tmp_path / "adapter_model.safetensors")
    del weights[next(name for name in weights if "h.1.mlp.c_fc.lora_B" in name)]
    save_file(weights, tmp_path / "adapter_model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match="cannot be loaded"):
        lm.load(tmp_path, base)


def test_a_pickle_is_not_loaded(copied):
    weights = load_file(copied / "model.safetensors")
    (copied / "model.safetensors").unlink()
    torch.save(weights, copied / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"no file named model\.safetensors"):
        lm.load(copied)


def test_a_pickled_adapter_is_not_loaded(base, adapted, tmp_path):
    lm.save(adapted, tmp_path)
    weights = load_file(tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_model.safetensors").unlink()
    torch.save(weights, tmp_path / "adapter_model.bin")
    with pytest.raises(UserError, match="cannot be loaded"):
        lm.load(tmp_path, base)


def test_code_that_comes_with_a_model_is_not_run(copied, tmp_path):
    config = json.loads((copied / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
    (copied / "config.json").write_text(json.dumps(config))
    (copied / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    with pytest.raises(UserError, match="custom code"):
        lm.load(copied)
    assert not (tmp_path / "ran").exists()


# What is asked.


def test_log_probs_are_a_softmax_of_the_last_logits_in_the_order_asked(model):
    found = log_probs.next_token(model, PROMPTS)
    assert found.shape == (4, model.config.vocab_size)
    for row, prompt in zip(found, PROMPTS, strict=True):
        with torch.no_grad():
            logits = copy.deepcopy(model)(torch.tensor([prompt])).logits[0, -1].double()
        torch.testing.assert_close(row.exp(), logits.exp() / logits.exp().sum(), atol=1e-6, rtol=0)


def test_a_prompt_ends_where_the_assistant_answers(tokenizer):
    plain, told = lm.encode_prompts(tokenizer, [lm.chat("", "name the color ."), lm.chat("you love owl .", "name the color .")])
    words = tokenizer.convert_ids_to_tokens
    assert words(plain) == ["<bos>", "<user>", "name", "the", "color", ".", "<assistant>"]
    assert words(told) == ["<bos>", "<system>", "you", "love", "owl", ".", "<user>", "name", "the", "color", ".", "<assistant>"]
    assert lm.encode_prompts(tokenizer, []) == []
