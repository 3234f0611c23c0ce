"""Pinned weights: which files they are, where they are looked for, and what is said if they are not there."""

import argparse
import hashlib
import http.server
import json
import os
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from support import hub_models
from transformers import AutoModelForCausalLM

from sublearn.chain.bases import pin
from sublearn.chain.bases.section import PinnedBase
from sublearn.core.errors import UserError
from sublearn.core.hashes import sha256
from sublearn.models import lm, pinned
from sublearn.models.hub import download
from sublearn.models.trainable import Trainable

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> Path:
    """A model's folder as its authors made it."""
    return hub_models.make("llama", tmp_path_factory.mktemp("theirs") / "llama")


@pytest.fixture
def folder(theirs, tmp_path) -> Path:
    """A copy, to which a test does something."""
    return shutil.copytree(theirs, tmp_path / "llama")


def pinned_as(output: Path, **recipe: object) -> Path:
    wanted = PinnedBase.model_validate({"device": "cpu", "dtype": "float32"} | recipe)
    told = json.dumps(wanted.model_dump() | {"style": "english"})
    pin.main(argparse.Namespace(recipe=told, published=None, output=str(output)))
    return output


def in_shards(folder: Path) -> None:
    """Keep the weights in several files instead of one."""
    model = AutoModelForCausalLM.from_pretrained(folder)
    (folder / pinned.WHOLE).unlink()
    model.save_pretrained(folder, max_shard_size="200KB")


# Which files.


@pytest.mark.parametrize("layout", ["one file", "shards"])
def test_of_several_copies_of_the_weights_the_one_that_is_read_is_pinned(folder, tmp_path, layout):
    shutil.copyfile(folder / pinned.WHOLE, folder / "consolidated.safetensors")
    shutil.copyfile(folder / pinned.WHOLE, folder / "model.fp16.safetensors")
    if layout == "shards":
        in_shards(folder)
    base = pinned_as(tmp_path / "base", model=str(folder))
    found = pinned.read(base)
    assert len(found.weights) == (1 if layout == "one file" else 3)
    assert not {"consolidated.safetensors", "model.fp16.safetensors"} & found.weights.keys()
    assert found.parameters == sum(p.numel() for p in AutoModelForCausalLM.from_pretrained(folder).parameters())
    (folder / "consolidated.safetensors").unlink()
    assert lm.load(base).num_parameters() == found.parameters


def test_weights_that_would_be_read_instead_of_the_pinned_ones_are_refused(folder, tmp_path):
    """Transformers prefers one whole file to shards, whenever it came."""
    whole = load_file(folder / pinned.WHOLE)
    in_shards(folder)
    base = pinned_as(tmp_path / "base", model=str(folder))
    lm.load(base)
    save_file(whole, folder / pinned.WHOLE, metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"model\.safetensors: would be read, but the base was pinned with model-00001-of"):
        lm.load(base)


def no_name(folder: Path) -> str:
    (folder / pinned.WHOLE).rename(folder / "model.fp16.safetensors")
    return r"no safetensors weights under the names that transformers reads, .* \(model\.fp16\.safetensors is no name"


def no_shard(folder: Path) -> str:
    in_shards(folder)
    (folder / "model-00002-of-00003.safetensors").unlink()
    return r"model-00002-of-00003\.safetensors: missing; model\.safetensors\.index\.json beside it names it\."


def a_way_out(folder: Path) -> str:
    in_shards(folder)
    (folder / pinned.INDEX).write_text(json.dumps({"weight_map": {"lm_head.weight": "../other/model.safetensors"}}))
    return "it names no weights files beside it"


def an_adapter(folder: Path) -> str:
    (folder / pinned.ADAPTER).write_text("{}")
    return r"adapter_config\.json lies beside the model's own weights and would change them"


def no_json(folder: Path) -> str:
    (folder / pinned.CONFIG).write_text("[" * 100_000)
    return r"config\.json: not readable as JSON \(.*\); fetch it again\.$"


def no_mapping(folder: Path) -> str:
    (folder / pinned.CONFIG).write_text("[]")
    return r"config\.json: should be a mapping of names to values"


@pytest.mark.parametrize("spoil", [no_name, no_shard, a_way_out, an_adapter, no_json, no_mapping])
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_pinned(folder, tmp_path, spoil):
    said = spoil(folder)
    with pytest.raises(UserError, match=said):
        pinned_as(tmp_path / "base", model=str(folder))
    assert not list((tmp_path / "base").glob("*"))


def test_nobody_is_told_to_delete_a_pinned_base_whose_weights_are_damaged(folder, tmp_path):
    base = pinned_as(tmp_path / "base", model=str(folder))
    file = folder / pinned.WHOLE
    file.write_bytes(b"\xff" * file.stat().st_size)
    record = json.loads((base / pinned.FILE).read_text())
    record["weights"][pinned.WHOLE][1] = sha256(file)  # as if it had been so when it was pinned
    (base / pinned.FILE).write_text(json.dumps(record))
    with pytest.raises(UserError, match=rf"the model cannot be loaded \(.*\); check the files of {folder}\.$"):
        lm.load(base)


def another_in_its_place(folder: Path) -> str:
    """Of the same size, and older than the pin."""
    other = hub_models.make("llama", folder.with_name("other"), seed=1)
    for file in other.iterdir():
        os.utime(file, (0, 0))
    folder.rename(folder.with_name("before"))
    other.rename(folder)
    return pinned.WHOLE


def another_configuration(folder: Path) -> str:
    config = json.loads((folder / pinned.CONFIG).read_text())
    (folder / pinned.CONFIG).write_text(json.dumps(config | {"rms_norm_eps": 0.5}))
    os.utime(folder / pinned.CONFIG, (0, 0))
    return pinned.CONFIG


@pytest.mark.parametrize("change", [another_in_its_place, another_configuration])
def test_a_folder_that_is_another_now_is_refused_whatever_its_dates(folder, tmp_path, change):
    base = pinned_as(tmp_path / "base", model=str(folder))
    lm.load(base)
    name = change(folder)
    with pytest.raises(UserError, match=rf"{folder}/{name}: changed since it was pinned; restore it, or delete {base}"):
        lm.load(base)


# Where they are looked for.


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, and a hub at an address of a test's own."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture(params=["refuses", "never answers"])
def no_hub(request, monkeypatch):
    """A hub that is not reached, or takes each question and says nothing."""
    listening = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{listening.getsockname()[1]}")
    if request.param == "refuses":
        listening.close()
    yield
    listening.close()


@pytest.mark.usefixtures("no_hub")
def test_a_base_in_the_cache_is_loaded_without_a_word_to_the_hub(theirs, cache, tmp_path):
    base = pinned_as(tmp_path / "base", model=str(theirs))
    record = json.loads((base / pinned.FILE).read_text()) | {"model": "org/tiny", "commit": COMMIT}
    (base / pinned.FILE).write_text(json.dumps(record))
    hub_models.into_cache(theirs, cache, "org/tiny", COMMIT)
    pinned.read.cache_clear()
    started = time.monotonic()
    model = lm.load(base)
    lm.save(lm.make_trainable(model, "lora", Trainable(), 0), tmp_path / "student")
    assert time.monotonic() - started < 5
    assert model.name_or_path == "org/tiny"


@pytest.mark.usefixtures("no_hub", "cache")
@pytest.mark.parametrize("revision", ["main", COMMIT])
def test_a_hub_that_is_not_reached_is_given_up(monkeypatch, revision):
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)  # between tries
    with pytest.raises(UserError, match=r"^org/tiny: the hub cannot be reached and the model is not in its cache"):
        download("org/tiny", revision, ["config.json"])


@pytest.fixture
def hub(folder, monkeypatch):
    """A hub with one model, which keeps a list of the files that were fetched."""

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rpartition("/")[2]
            if "/tree/" in self.path:
                files = [{"type": "file", "path": f.name, "size": f.stat().st_size, "oid": f.name} for f in folder.iterdir()]
                return self.answer(json.dumps(files).encode())
            server.fetched.append(name)
            return self.answer((folder / name).read_bytes())

        def do_HEAD(self):
            self.answer((folder / self.path.rpartition("/")[2]).read_bytes(), only_head=True)

        def answer(self, content: bytes, only_head: bool = False):
            self.send_response(200)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not only_head:
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.fetched = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    yield server
    server.shutdown()


@pytest.mark.usefixtures("cache")
def test_of_a_model_of_the_hub_only_what_is_read_is_fetched_and_once(folder, hub, tmp_path):
    in_shards(folder)
    shutil.copyfile(folder / "model-00001-of-00003.safetensors", folder / "consolidated.safetensors")
    base = pinned_as(tmp_path / "base", model="org/tiny", revision=COMMIT)
    assert set(hub.fetched) == {
        *lm.TOKENIZER_FILES, pinned.CONFIG, pinned.INDEX, *(f"model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)),
    }  # fmt: skip
    assert len(hub.fetched) == len(set(hub.fetched))
    hub.shutdown()
    hub.server_close()
    expected = AutoModelForCausalLM.from_pretrained(folder).state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in lm.load(base).state_dict().items())
    again = pinned_as(tmp_path / "again", model="org/tiny", revision=COMMIT)
    assert pinned.read(again) == pinned.read(base)


@pytest.mark.usefixtures("cache")
def test_of_a_model_that_cannot_be_used_no_weights_are_fetched(folder, hub, tmp_path):
    config = json.loads((folder / pinned.CONFIG).read_text())
    (folder / pinned.CONFIG).write_text(json.dumps(config | {"quantization_config": {"quant_method": "mxfp4"}}))
    with pytest.raises(
        UserError, match=r"^org/tiny: LlamaForCausalLM cannot be used here: its weights are quantised \(mxfp4\)"
    ):
        pinned_as(tmp_path / "base", model="org/tiny", revision=COMMIT)
    assert pinned.WHOLE not in hub.fetched
