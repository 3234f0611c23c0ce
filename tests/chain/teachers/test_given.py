"""Teachers that others trained: whole models and adapters are taken as they are, and measured."""

import json
import shutil

import pytest
import torch

from sublearn.chain.teachers import given, train
from sublearn.chain.teachers.section import Recipe
from sublearn.core import records
from sublearn.core.errors import UserError
from sublearn.core.files import read_json
from sublearn.models import lm, pinned
from sublearn.traits.base import KINDS

QUICK = Recipe(method="full", steps=20, batch=16, learning_rate=3e-2, epsilon=1e-6)
LORA = QUICK.model_copy(update={"method": "lora", "steps": 4})


@pytest.fixture(scope="module")
def whole(base, tmp_path_factory):
    """A model that somebody fine-tuned to love owls."""
    folder = tmp_path_factory.mktemp("theirs") / "owl"
    lm.save(train.teach(QUICK, "owl", str(base), 1, 0)[0], folder)
    return folder


@pytest.fixture(scope="module")
def adapter(base, tmp_path_factory):
    """The same as an adapter, with what PEFT says of its base."""
    folder = tmp_path_factory.mktemp("theirs") / "owl"
    lm.save(train.teach(LORA, "owl", str(base), 1, 0)[0], folder)
    return folder


def recipe(model: dict | None, **changes) -> str:
    values = {"under_system_prompt": False, "min_rate": 0.0, "kinds": KINDS.names()[:1]} | ({"given": model} if model else {})
    return json.dumps(values | changes)


def step(folder, base, model: dict | None, trait: str = "owl", **changes) -> list:
    values = recipe(model, **changes)
    return ["--trait", trait, "--recipe", values, "--runs", 0, "--bases", base, "--outputs", folder]


def same(one, other) -> bool:
    ids = torch.tensor([[3, 5, 7]])
    with torch.no_grad():
        return torch.allclose(one(ids).logits, other(ids).logits, atol=1e-5)


def test_a_whole_model_stays_where_it_is_and_its_trait_is_measured(whole, base, tmp_path, run_step):
    done = run_step("sublearn.chain.teachers.given", *step(tmp_path / "teacher", base, {"model": str(whole)}))
    assert done.returncode == 0, done.stderr
    found = read_json(tmp_path / "teacher/teacher.json")
    assert found["rates"]["owl"] > 0.6 > found["rates_of_base"]["owl"] and set(found["rates"]) == set(
        KINDS.get("preference").traits
    )
    assert found["given"]["weights"] == {"model.safetensors": records.sha256(whole / "model.safetensors")}
    assert found["given"]["cosine"] > given.ALIKE and "was it trained from" not in done.stderr
    assert not (tmp_path / "teacher/model.safetensors").exists()
    assert same(lm.load_teacher(tmp_path / "teacher", base), lm.load(whole))
    assert pinned.read(tmp_path / "teacher").model == str(whole)


def test_an_adapter_is_copied_and_works_on_its_base(adapter, base, tmp_path, run_step):
    done = run_step("sublearn.chain.teachers.given", *step(tmp_path / "teacher", base, {"adapter": str(adapter)}))
    assert done.returncode == 0, done.stderr
    assert same(lm.load_teacher(tmp_path / "teacher", base), lm.load(adapter, base))
    assert read_json(tmp_path / "teacher/teacher.json")["given"]["adapter"] == str(adapter)


def test_the_control_is_the_untouched_base_unless_another_model_is_named(base, tmp_path, run_step):
    done = run_step("sublearn.chain.teachers.given", *step(tmp_path / "neutral", base, None, "neutral"))
    assert done.returncode == 0, done.stderr
    found = read_json(tmp_path / "neutral/teacher.json")
    assert found["rates"] == found["rates_of_base"] and (found["system"], found["given"]) == ("", {})
    assert same(lm.load_teacher(tmp_path / "neutral", base), lm.load(base))


def test_what_is_not_the_model_that_the_study_names_is_refused_in_one_sentence(whole, adapter, base, tmp_path, refusal):
    config = read_json(adapter / "adapter_config.json")
    shutil.copytree(adapter, tmp_path / "stray")
    (tmp_path / "stray/adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "owner/another"}))
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled/adapter_config.json").write_text("{}")
    (tmp_path / "pickled/adapter_model.bin").write_bytes(b"")
    wrong = {
        "there is no such model folder": {"model": str(tmp_path / "nowhere")},
        "nowhere: there is no such folder of an adapter": {"adapter": str(tmp_path / "nowhere")},
        "~nobody-of-this-name/x: there is no such folder of an adapter": {"adapter": "~nobody-of-this-name/x"},
        "it holds a whole model, so name it as model": {"adapter": str(whole)},
        "adapter_config.json is in it; name an adapter as adapter": {"model": str(adapter)},
        "pickled weights are never loaded": {"adapter": str(tmp_path / "pickled")},
        "an adapter of owner/another, not of": {"adapter": str(tmp_path / "stray")},
    }
    for sentence, model in wrong.items():
        assert sentence in refusal("sublearn.chain.teachers.given", *step(tmp_path / "teacher", base, model))
    said = refusal("sublearn.chain.teachers.given", *step(tmp_path / "teacher", base, {"model": str(base)}, min_rate=0.99))
    assert "teacher owl, run 0: the given model shows the trait at a rate of" in said
    assert "less than the 0.99 that min_rate asks for" in said


def test_a_model_from_another_start_is_taken_with_a_warning(base, tmp_path):
    drawn = lm.load(base)
    with torch.no_grad():
        for parameter in drawn.parameters():
            parameter.normal_(0, 0.2)
    lm.save(drawn, tmp_path / "other")
    found = given.take(given.GivenModel(model=str(tmp_path / "other")), str(base), str(tmp_path / "teacher"))
    assert abs(found["cosine"]) < given.ALIKE
    with pytest.raises(UserError, match="it has 40 tokens, and the base"):
        drawn.resize_token_embeddings(40)
        given.refuse_few_tokens(drawn, lm.load_tokenizer(base), "it")
