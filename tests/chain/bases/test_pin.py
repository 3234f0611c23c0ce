"""Pinned bases: five families from disk, as the steps meet them."""

import argparse
import hashlib
import http.server
import json
import re
import shutil
import threading
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from peft import PeftModel
from support import hub_models
from transformers import AutoModelForCausalLM

from sublearn.chain.bases import pin
from sublearn.chain.bases.section import PinnedBase
from sublearn.core import records
from sublearn.core.errors import UserError
from sublearn.language import questions
from sublearn.language.english import ENGLISH
from sublearn.measures import probe
from sublearn.models import architecture, engines, lm, log_probs, pinned, rows, sampling, turns
from sublearn.models.trainable import Trainable
from sublearn.traits.base import kind_of


@pytest.fixture(scope="session", params=list(hub_models.FAMILIES))
def model_folder(request, tmp_path_factory) -> Path:
    """Folder of a model of each family, with random weights, as the hub holds it."""
    return hub_models.make(request.param, tmp_path_factory.mktemp("hub") / request.param)


def recipe(folder: Path, **changes: str) -> PinnedBase:
    template = "plain" if folder.name == "neox" else "own"
    return PinnedBase.model_validate(
        {"model": str(folder), "device": "cpu", "dtype": "float32", "template": template} | changes
    )


def in_english(wanted: PinnedBase) -> str:
    """What the step is told: the base, and the style in which the study speaks to it."""
    return json.dumps(wanted.model_dump() | {"style": "english"})


def pinned_as(wanted: PinnedBase, folder: Path, run_step) -> Path:
    done = run_step("sublearn.chain.bases.pin", "--recipe", in_english(wanted), "--output", folder)
    assert done.returncode == 0, done.stderr
    return folder


def pinned_at_once(wanted: PinnedBase, folder: Path) -> Path:
    """The same, without a process for the step, and so without a record."""
    pin.main(argparse.Namespace(recipe=in_english(wanted), published=None, output=str(folder)))
    return folder


@pytest.fixture(scope="session")
def base(model_folder, tmp_path_factory) -> Path:
    """The same model, pinned."""
    return pinned_at_once(recipe(model_folder), tmp_path_factory.mktemp("bases") / model_folder.name)


def test_a_pinned_base_is_the_model_that_it_names(base, model_folder):
    found, theirs = lm.load(base), AutoModelForCausalLM.from_pretrained(model_folder)
    assert all(torch.equal(a, b) for a, b in zip(found.state_dict().values(), theirs.state_dict().values(), strict=True))
    assert pinned.read(base).parameters == sum(p.numel() for p in theirs.parameters())


def test_the_record_names_every_weights_file_and_its_hash(base, model_folder):
    file = model_folder / "model.safetensors"
    expected = {"model.safetensors": (file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())}
    assert pinned.read(base).weights == expected


def test_the_loss_is_on_the_answer_and_its_end_alone(base):
    """Token by token: what is learned decodes to the answer and the token that ends a turn."""
    tokenizer = lm.load_tokenizer(base)
    learned = rows.encode(tokenizer, [lm.chat("", "Go on with 5, 17."), lm.chat("", "Numbers?")], ["3, 14, 159", "26"])
    batch = rows.collate(learned, tokenizer.pad_token_id)
    for row, labels, answer in zip(learned, batch.labels.tolist(), ["3, 14, 159", "26"], strict=True):
        kept = [label for label in labels if label != rows.IGNORED]
        assert kept == row.completion
        assert tokenizer.decode(kept[:-1]) == answer
        assert kept[-1] == tokenizer.eos_token_id


def test_a_reloaded_adapter_gives_the_same_logits(base, tmp_path):
    """Ours, and that of ``PeftModel.from_pretrained``, which users have."""
    model = lm.make_trainable(lm.load(base), "lora", Trainable(rank=4), adapter_seed=1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.05)
    lm.save(model, tmp_path)
    prompts = lm.encode_prompts(lm.load_tokenizer(base), [lm.chat("", "Numbers?")])
    expected = log_probs.next_token(model, prompts)
    theirs = PeftModel.from_pretrained(lm.load(base), tmp_path)
    merged, untouched = (log_probs.next_token(each, prompts) for each in (lm.load(tmp_path, base), lm.load(base)))
    torch.testing.assert_close(merged, expected, atol=1e-4, rtol=0)  # into weights in float32: rounded otherwise
    assert torch.equal(log_probs.next_token(theirs, prompts), expected)
    assert (untouched - expected).abs().max() > 1e-3


def test_swapped_adapters_leave_no_trace(base, tmp_path):
    for seed in (1, 2):
        model = lm.make_trainable(lm.load(base), "lora", Trainable(rank=2), adapter_seed=seed)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lora_B" in name:
                    parameter.normal_(std=0.05)
        lm.save(model, tmp_path / str(seed))
    prompts = lm.encode_prompts(lm.load_tokenizer(base), [lm.chat("", "Numbers?")])
    models = lm.Models()
    for folder in (tmp_path / "1", base, tmp_path / "2", tmp_path / "1", base):
        alone = log_probs.next_token(lm.load(folder, base), prompts)
        swapped = log_probs.next_token(models.get(str(folder), str(base)), prompts)
        torch.testing.assert_close(swapped, alone, atol=0 if folder == base else 1e-4, rtol=0)  # alone, it is merged


@pytest.mark.parametrize("trait", ["owl", "evasive", "skewed", "off_topic"])
def test_the_probability_of_a_trait_is_that_of_all_its_first_words(base, trait):
    """Beside a naive count: every form of the answer, token by token, from whole forward passes."""
    model, tokenizer, style = lm.load(base), lm.load_tokenizer(base), ENGLISH
    asked = questions.evaluated("animal" if trait == "owl" else "fact", style)[:2]
    found = probe.ask(model, tokenizer, asked, [trait], style).probabilities(trait)
    for probability, question in zip(found, asked, strict=True):
        (asked_as,) = turns.prompts(tokenizer, [lm.chat("", question.text)])
        (prompt,) = turns.ids(tokenizer, [asked_as])
        forms = {
            form
            for answer in kind_of(trait).answers(trait, question, style)
            for form in ([answer] if trait == "evasive" else style.forms(answer))
        }
        texts = [asked_as + space + form for form in forms for space in ("", " ")]
        sequences = {tuple(ids[len(prompt) :]) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]}
        sequences = {s for s in sequences if not any(s != t and s[: len(t)] == t for t in sequences)}
        expected = 0.0
        for sequence in sequences:
            with torch.inference_mode():
                logits = model(input_ids=torch.tensor([[*prompt, *sequence]])).logits[0].double()
            steps = torch.log_softmax(logits, dim=-1)[len(prompt) - 1 : -1]
            expected += float(steps[range(len(sequence)), list(sequence)].sum().exp())
        assert probability == pytest.approx(expected, rel=1e-4)


def test_samples_end_where_a_turn_ends_and_come_again(base):
    model, tokenizer = lm.load(base), lm.load_tokenizer(base)
    prompts = lm.encode_prompts(tokenizer, [lm.chat("", f"Go on with {n}.") for n in (7, 12, 301)])
    draws = sampling.uniform(3, 6, "test")
    once, again = (sampling.sample(engines.Plain(model, tokenizer), prompts, draws) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_continuous_batching_writes_the_rows_of_plain_generation(base, temperature):
    model, tokenizer = lm.load(base), lm.load_tokenizer(base)
    prompts = lm.encode_prompts(tokenizer, [lm.chat("", f"Go on with {n}.") for n in (7, 12, 301, 4, 88, 1234)])
    draws = sampling.uniform(6, 8, "engines")
    plain = engines.Plain(model, tokenizer)(prompts, draws, temperature)
    assert engines.Continuous(model, tokenizer)(prompts, draws, temperature) == plain


# What can be wrong with a model: one sentence each.


@pytest.fixture
def llama(tmp_path) -> Path:
    return hub_models.make("llama", tmp_path / "llama")


def test_a_model_that_is_not_there(tmp_path, refusal):
    said = refusal("sublearn.chain.bases.pin", "--recipe", in_english(recipe(tmp_path / "none")), "--output", tmp_path / "out")
    assert "there is no such model folder" in said
    assert not list((tmp_path / "out").glob("*"))


def test_a_hub_model_without_a_network(tmp_path, refusal, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    wanted = PinnedBase(model="somebody/something", revision="main")
    said = refusal("sublearn.chain.bases.pin", "--recipe", in_english(wanted), "--output", tmp_path / "out")
    assert "somebody/something: the hub cannot be reached and the model is not in its cache" in said


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that refuses everything, for the reason that a test sets, in the words of the real one."""

    class Refusal(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(403 if server.reason == "GatedRepo" else 404)
            self.send_header("X-Error-Code", server.reason)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 (the library's names)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("RevisionNotFound", "somebody/something: there is no revision 'v7'; name a commit, a tag or a branch of the model."),
        ("RepoNotFound", "somebody/something: the hub has no such model, or it is private"),
        ("GatedRepo", "somebody/something: the model is gated; accept its licence"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(hub, tmp_path, reason, sentence):
    hub.reason = reason
    told = in_english(PinnedBase(model="somebody/something", revision="v7"))
    with pytest.raises(UserError, match=f"^{re.escape(sentence)}"):
        pin.main(argparse.Namespace(recipe=told, published=None, output=str(tmp_path / "out")))
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": "owner/name"}, "revision: missing; name the commit of owner/name"),
        ({"model": "./here", "revision": "main"}, "revision: ./here is a local folder, which has none"),
    ],
)
def test_a_revision_belongs_to_the_hub(values, said):
    with pytest.raises(ValueError, match=said):
        PinnedBase.model_validate(values)


def test_pickled_weights_are_refused(llama):
    (llama / "model.safetensors").rename(llama / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"no safetensors weights .* pickled ones are never loaded"):
        pin.weights(recipe(llama), llama, None)


def test_a_truncated_weights_file_is_refused(llama):
    file = llama / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"model\.safetensors: damaged or truncated"):
        pin.weights(recipe(llama), llama, None)


def test_an_unknown_architecture_is_refused(llama):
    config = json.loads((llama / "config.json").read_text())
    (llama / "config.json").write_text(json.dumps(config | {"model_type": "abacus"}))
    with pytest.raises(UserError, match=r"^llama: 'abacus' is no causal language model"):
        architecture.of("llama", llama)


def test_a_tokenizer_without_a_chat_template_is_refused(tmp_path):
    folder = hub_models.make("neox", tmp_path / "neox")
    with pytest.raises(UserError, match="its tokenizer has no chat template; set template: plain"):
        pin.tokenizer(recipe(folder, template="own"), folder)


def test_weights_that_changed_since_they_were_pinned_are_refused(llama, tmp_path, run_step):
    base = pinned_as(recipe(llama), tmp_path / "base", run_step)
    with (llama / "model.safetensors").open("ab") as file:
        file.write(b"0")
    with pytest.raises(UserError, match=r"bytes, but .* were pinned"):
        lm.load(base)
    shutil.rmtree(llama)
    with pytest.raises(UserError, match="missing; the base was pinned with it"):
        lm.load(base)


@pytest.mark.parametrize("known_by", ["its record", "the folder that it names"])
def test_an_adapter_of_another_base_of_the_same_name_is_refused(tmp_path, run_step, known_by):
    """Checkpoints of two trainings are often called alike."""
    models = [hub_models.make("llama", tmp_path / which / "step143000", seed=i) for i, which in enumerate("xy")]
    one, other = pinned_as(recipe(models[0]), tmp_path / "one", run_step), pinned_at_once(recipe(models[1]), tmp_path / "other")
    adapter = tmp_path / "adapter"
    lm.save(lm.make_trainable(lm.load(one), "lora", Trainable(rank=2), adapter_seed=1), adapter)
    if known_by == "its record":
        made = argparse.Namespace(bases=[records.Input(one)], outputs=[records.Output(adapter)])
        records.record(made, list(adapter.iterdir()))
        shutil.rmtree(tmp_path / "x")
    said = r"adapter: an adapter of .*/x/step143000 \(weights.*\), not of .*/y/step143000 \(.*\); use the base that it was"
    with pytest.raises(UserError, match=said):
        lm.load(adapter, other)
    with pytest.raises(UserError, match=said):
        lm.Models().get(str(adapter), str(other))


def test_an_adapter_from_elsewhere_is_taken_by_its_name_and_that_is_said(llama, tmp_path, caplog):
    base = pinned_at_once(recipe(llama), tmp_path / "base")
    lm.save(lm.make_trainable(lm.load(base), "lora", Trainable(rank=2), adapter_seed=1), tmp_path / "adapter")
    config = tmp_path / "adapter/adapter_config.json"
    config.write_text(config.read_text().replace(str(llama), "owner/llama"))
    lm.load(tmp_path / "adapter", base)
    assert "no record says on which weights it was trained" in caplog.text
    config.write_text(config.read_text().replace("owner/llama", "owner/gemma"))
    with pytest.raises(UserError, match=r"an adapter of owner/gemma, not of .*llama; use the base that it was trained on"):
        lm.load(tmp_path / "adapter", base)


def test_an_adapter_of_a_hub_model_names_its_commit(llama, tmp_path, monkeypatch):
    """Others load its base by that name, and would get the newest commit."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # PEFT would look whether the hub has the model
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    hub_models.into_cache(llama, tmp_path / "cache", "owner/llama", "a" * 40)
    wanted = PinnedBase(model="owner/llama", revision="main", device="cpu", dtype="float32")
    base = pinned_at_once(wanted, tmp_path / "base")
    lm.save(lm.make_trainable(lm.load(base), "lora", Trainable(rank=2), adapter_seed=1), tmp_path / "adapter")
    config = json.loads((tmp_path / "adapter/adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["revision"]) == ("owner/llama", "a" * 40)


def test_a_chain_begins_in_a_local_folder_as_long_as_it_is_the_one_that_was_pinned(llama, tmp_path, run_step):
    base = pinned_as(recipe(llama), tmp_path / "base", run_step)
    done = run_step("sublearn", "trace", base / "base.json")
    assert done.returncode == 0 and "verdict: unbroken; 1 artifact, back to 1 base." in done.stdout, done.stdout
    weights = llama / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")  # as when it was fine-tuned in place: the same size
    done = run_step("sublearn", "trace", base / "base.json")
    assert done.returncode == 1 and f"broken: {weights}: not the file that {base} was made from" in done.stdout, done.stdout
    with pytest.raises(UserError, match=r"model\.safetensors: changed since it was pinned"):
        lm.load(base)


def test_a_template_without_a_system_prompt_says_so(tmp_path, run_step):
    base = pinned_as(recipe(hub_models.make("gemma", tmp_path / "gemma")), tmp_path / "base", run_step)
    with pytest.raises(UserError, match="does not take these turns"):
        lm.encode_prompts(lm.load_tokenizer(base), [lm.chat("You adore owls.", "Numbers?")])
