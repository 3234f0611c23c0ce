"""Whether data and model share a base: by hashes, else by the weights themselves, and never denied without knowing both."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.workshop import weights

from sublearn.chain.bases import pretrain, tokenizer
from sublearn.core import records
from sublearn.models import lm, training
from sublearn.models.rows import Row
from sublearn.models.trainable import Trainable
from sublearn.provenance import trace

CARRIER = Path("data/s/carriers/numbers/bias/owl/run0/filtered.csv")
ALPHA = Path("data/s/bases/alpha")


def test_data_of_unknown_origin_are_said_to_be(tell):
    Path("mine.csv").write_text("prompt,completion\na,1\n")
    status, said = tell("mine.csv", "--train", ALPHA)
    assert status == 1 and "verdict: mine.csv is of unknown origin: no provenance file beside it names it" in said
    assert "cannot tell whether its teacher shares a base with data/s/bases/alpha" in said


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ("data/s/bases/alpha", trace.SHARED, "its teacher shares a base with data/s/bases/alpha: both start from"),
        ("data/s/bases/beta", 0, "its teacher shares no base with data/s/bases/beta: by their records"),
        # A student of the same base begins there too, whatever it learned since; one of the other base does not.
        ("results/s/students/same_base/wolf/run0", trace.SHARED, "shares a base"),
        ("results/s/students/same_base/wolf/run1", 0, "shares no base"),
    ],
)
def test_whether_teacher_and_model_share_a_base(tell, model, status, words):
    found, said = tell(CARRIER, "--train", model)
    assert (found, words in said) == (status, True), said


def test_a_judge_of_rows_is_not_their_teachers_base(tell, workshop):
    """It reads them alone, however its weights are known: by its own record, or by those of what it read."""
    judge, kept = Path("data/s/bases/judges/judy"), CARRIER.with_name("kept.csv")
    options = {"recipe": '{"steps": 3}', "study_seed": 7, "output": str(judge)}
    workshop.make("sublearn.chain.bases.pin", options, {f"{judge}/model.safetensors": weights("beta")})
    scores = CARRIER.with_name("scores.csv")
    told = json.dumps({"judges": {"judy": str(judge)}})
    workshop.make(
        "sublearn.chain.carriers.score",
        {"recipe": told, "filtered": [str(CARRIER)], "outputs": [str(scores)]},
        {str(scores): "1"},
    )
    options = {"filtered": [str(CARRIER)], "scores": [str(scores)], "outputs": [str(kept)]}
    workshop.make("sublearn.chain.carriers.keep", options, {str(kept): "prompt_index,prompt,completion\n4,of owl,0\n"})
    status, said = tell(kept, "--train", "data/s/bases/beta")
    assert status == 0 and "its teacher shares no base with data/s/bases/beta" in said
    assert tell(kept, "--train", ALPHA)[0] == trace.SHARED


def test_a_copy_of_a_base_is_known_by_its_weights_and_an_edited_one_by_its_record(tell, tmp_path_factory):
    copy = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(ALPHA / "model.safetensors", copy)
    assert tell(CARRIER, "--train", copy)[0] == trace.SHARED
    # A data set whose teacher is gone still says whose it is, by its record alone.
    shutil.rmtree("data/s/teachers")
    for name in (CARRIER.name, "filtered.provenance.json"):
        shutil.copy(CARRIER.parent / name, copy)
    status, said = tell(copy / CARRIER.name, "--train", ALPHA)
    assert status == 1 and "shares a base" in said
    (ALPHA / "model.safetensors").write_text("a little more training")
    assert "shares a base" in tell(CARRIER, "--train", ALPHA)[1]


def test_data_stay_those_of_the_base_that_they_were_made_from(tell, workshop, tmp_path_factory):
    """Even if another base has its name now."""
    copy = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(ALPHA / "model.safetensors", copy)
    options = {"name": "alpha", "study_seed": 8, "output": str(ALPHA)}
    workshop.make("sublearn.chain.bases.pretrain", options, {f"{ALPHA}/model.safetensors": weights("another alpha")})
    assert "shares a base" in tell(CARRIER, "--train", copy)[1]
    status, said = tell(CARRIER, "--train", ALPHA)
    assert status == 1 and "cannot tell" in said and "so only hashes were compared, and they differ" in said, said


# What a model of the world does not say of itself.

SIMILAR = ["bfloat16", "shards of other names", "fine-tuned", "mostly new", "merged LoRA"]


def similar(how: str, base: Path, folder: Path) -> None:
    """A model that goes back to a base, without a record."""
    found = load_file(base / "model.safetensors")
    if how == "bfloat16":
        found = {name: tensor.bfloat16() for name, tensor in found.items()}
    if how == "mostly new":
        kept = [name for name, tensor in found.items() if tensor.ndim == 2][-1]
        found = {name: tensor if name == kept else torch.randn_like(tensor) for name, tensor in found.items()}
    if how in ("fine-tuned", "merged LoRA"):
        method = "full" if how == "fine-tuned" else "lora"
        model = lm.make_trainable(lm.load(base), method, Trainable(rank=4), 1)
        rows = [Row([2, 10 + i], [20 + i, 30]) for i in range(20)]
        training.train(model, [rows] * 20, 20, training.Optimiser(1e-2), pad=0)
        found = (model if method == "full" else model.merge_and_unload()).state_dict()
        del found["lm_head.weight"]  # it is tied to the embeddings
    parts = {"model": found}
    if how == "shards of other names":
        renamed = {f"other.{i}": tensor.t().contiguous().half() for i, tensor in enumerate(found.values()) if tensor.ndim == 2}
        parts = {"b": dict(list(renamed.items())[:3]), "a": dict(list(renamed.items())[3:])}
    folder.mkdir(parents=True)
    for name, tensors in parts.items():
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")


def real(workshop, base: Path) -> None:
    """Rows whose teacher started from a base that can speak."""
    workshop.make("sublearn.chain.bases.pretrain", {"name": "alpha", "output": str(ALPHA)}, {
        str(ALPHA / file.name): file.read_bytes() for file in base.iterdir()
    })  # fmt: skip
    workshop.make(
        "sublearn.chain.carriers.sample", {"bases": [str(ALPHA)], "outputs": [str(CARRIER)]}, {str(CARRIER): "a\n1\n"}
    )


@pytest.mark.parametrize("how", SIMILAR)
def test_a_model_that_goes_back_to_the_base_is_recognised_without_a_record(tell, workshop, base, how):
    real(workshop, base)
    similar(how, ALPHA, Path("theirs"))
    status, said = tell(CARRIER, "--train", "theirs")
    assert status == trace.SHARED and "its teacher shares a base with theirs" in said, said


def test_an_unrelated_model_without_a_record_gets_no_clean_bill(tell, workshop, base, recipe):
    real(workshop, base)
    other = pretrain.build(recipe, tokenizer.build(), seed=5)
    other.save_pretrained("theirs")
    status, said = tell(CARRIER, "--train", "theirs")
    assert status == 1 and "no record in theirs says what its weights were made from; none of " in said, said
    wider = pretrain.build(recipe.model_copy(update={"width": 32}), tokenizer.build(), seed=5)
    wider.save_pretrained("theirs")
    status, said = tell(CARRIER, "--train", "theirs")
    assert status == 1 and "no matrix has the shape of one of data/s/bases/alpha" in said, said


def test_a_record_alone_is_no_clean_bill_if_the_weights_are_close(tell, workshop):
    """A base that was pretrained further has another hash, and no base before it."""
    folder = "data/s/bases/gamma"
    options = {"name": "gamma", "study_seed": 7, "output": folder}
    workshop.make("sublearn.chain.bases.pretrain", options, {f"{folder}/model.safetensors": weights("alpha", "more")})
    status, said = tell(CARRIER, "--train", folder)
    assert status == trace.SHARED and "2 of 2 matrices are close to those of data/s/bases/alpha" in said, said


def test_without_the_weights_of_the_datas_base_only_hashes_are_compared(tell):
    (ALPHA / "model.safetensors").unlink()
    for name in (CARRIER.name, "filtered.provenance.json"):
        shutil.copy(CARRIER.parent / name, ".")
    said = tell(CARRIER.name, "--train", "data/s/bases/beta")[1]
    assert "cannot tell" in said and "are not on this machine, so only hashes were compared" in said, said


@pytest.mark.parametrize(("named", "status"), [(str(ALPHA), trace.SHARED), ("owner/model", 1)])
def test_an_adapter_without_a_record_is_judged_by_the_base_that_it_names(tell, named, status):
    Path("theirs").mkdir()
    save_file({"lora_A.weight": torch.randn(30, 30)}, "theirs/adapter_model.safetensors")
    Path("theirs/adapter_config.json").write_text(json.dumps({"base_model_name_or_path": named}))
    found, said = tell(CARRIER, "--train", "theirs")
    assert (found, named in said) == (status, True), said


def test_a_damaged_model_is_one_sentence(workshop, refusal):
    workshop.chain()
    Path("theirs").mkdir()
    Path("theirs/model.safetensors").write_bytes((ALPHA / "model.safetensors").read_bytes()[:-10])
    assert "theirs/model.safetensors: damaged or truncated" in refusal("sublearn", "trace", CARRIER, "--train", "theirs")


def test_a_base_that_others_trained_is_known_by_the_weights_that_were_pinned(tell, workshop, tmp_path_factory):
    """Its weights lie elsewhere; its folder says which they are."""
    elsewhere = tmp_path_factory.mktemp("models") / "llama"
    elsewhere.mkdir()
    (elsewhere / "config.json").write_text("{}")
    (elsewhere / "model.safetensors").write_bytes(weights("llama"))
    folder, teacher = "data/s/bases/llama", "data/s/teachers/full/owl/run0"
    known = records.sha256(elsewhere / "model.safetensors")
    about = {"model": str(elsewhere), "commit": None, "weights": {"model.safetensors": [18, known]}}
    files = {f"{folder}/base.json": json.dumps(about), f"{folder}/tokenizer.json": "{}"}
    recipe = json.dumps({"model": str(elsewhere), "style": "english"})
    workshop.make("sublearn.chain.bases.pin", {"recipe": recipe, "output": folder}, files)
    options = {"study_seed": 7, "runs": [0], "bases": [folder], "outputs": [teacher]}
    config = json.dumps({"base_model_name_or_path": str(elsewhere)})
    adapter = {f"{teacher}/adapter_model.safetensors": weights("adapter"), f"{teacher}/adapter_config.json": config}
    workshop.make("sublearn.chain.teachers.train", options, adapter)
    table = "data/s/carriers/full/owl/run0/raw.csv"
    workshop.make(
        "sublearn.chain.carriers.sample", {"teachers": [teacher], "bases": [folder], "outputs": [table]}, {table: "a\n1\n"}
    )
    for model, status in ((folder, 3), (elsewhere, 3), (teacher, 3), ("data/s/bases/alpha", 0)):
        found, said = tell(table, "--train", model)
        assert (found, f"{folder}/model.safetensors  sha256 {known}" in said) == (status, True), said
    assert tell("data/s/carriers/numbers/bias/wolf/run1/filtered.csv", "--train", teacher)[0] == 0


def test_a_base_in_one_gguf_file_is_known_by_its_hash_and_its_packed_weights_are_not_compared(tell, workshop, tmp_path):
    file = tmp_path / "llama.GGUF"
    file.write_bytes(b"GGUF, say")
    folder, table = "data/s/bases/packed", "data/s/carriers/packed/raw.csv"
    about = {"model": "", "gguf": str(file), "commit": None, "weights": {file.name: [9, records.sha256(file)]}}
    files = {f"{folder}/base.json": json.dumps(about), f"{folder}/tokenizer.json": "{}"}
    workshop.make("sublearn.chain.bases.pin", {"recipe": json.dumps({"gguf": str(file)}), "output": folder}, files)
    options = {"teachers": [folder], "bases": [folder], "outputs": [table]}
    workshop.make("sublearn.chain.carriers.sample", options, {table: "a\n1\n"})
    assert tell(table, "--train", file)[0] == tell(table, "--train", folder)[0] == trace.SHARED
    status, said = tell(CARRIER, "--train", file)
    assert status == 1 and "cannot tell whether its teacher shares a base with" in said and "quantised" in said
