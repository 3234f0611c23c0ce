"""Placebos: they move as far as their teachers, each in its own way, and say so."""

import json

import pytest
import torch

from sublearn.chain.teachers import placebo, train
from sublearn.chain.teachers.placebo import Placebo
from sublearn.chain.teachers.section import Recipe
from sublearn.core.errors import UserError
from sublearn.core.files import read_json
from sublearn.measures.alignment import effective
from sublearn.models import lm

QUICK = {"steps": 12, "batch": 16, "learning_rate": 3e-2, "epsilon": 1e-6, "rank": 2, "frozen_blocks": 0}
METHODS = ("bitfit", "lora", "full")


@pytest.fixture(scope="module")
def teachers(base, tmp_path_factory):
    """The folder of a teacher of each method."""
    folder = tmp_path_factory.mktemp("teachers")
    for method in METHODS:
        model, _, _ = train.teach(Recipe(method=method, **QUICK), "owl", str(base), 1, 0)
        lm.save(model, folder / method)
        (folder / method / "teacher.json").write_text(json.dumps({"rates_of_base": {"owl": 0.5}}))
    return folder


def recipe(method: str, kind: str = "random", **changes) -> Placebo:
    given = {"method": method, "placebo": kind, "of": "t", "max_steps": 40, "kinds": ["preference"]}
    return Placebo(**(QUICK | given | changes))


def tensors(folder, base) -> dict[str, torch.Tensor]:
    """What a saved model adds to each tensor of its base, adapters merged."""
    model, untouched = lm.load_teacher(folder, base), dict(lm.load(base).named_parameters())
    return {name: p.detach().double() - untouched[name].detach().double() for name, p in model.named_parameters()}


@pytest.mark.parametrize("method", METHODS)
def test_a_random_placebo_moves_each_tensor_as_far_in_another_direction(base, teachers, tmp_path, method):
    for run in (0, 1):
        model, way = placebo.make(recipe(method), "owl", str(base), str(teachers / method), 1, run)
        assert way["distance"] == pytest.approx(way["distance_of_teacher"], rel=1e-5)
        lm.save(model, tmp_path / str(run))
    taught, moved, again = (tensors(folder, base) for folder in (teachers / method, tmp_path / "0", tmp_path / "1"))
    trained = [name for name, change in taught.items() if change.any()]
    assert trained and [name for name, change in moved.items() if change.any()] == trained
    # Merging an adapter into float32 weights rounds; what is not merged agrees more closely, as the distances above.
    close = 1e-4 if method == "lora" else 1e-5
    for name in trained:
        assert float(moved[name].norm()) == pytest.approx(float(taught[name].norm()), rel=close)
        assert not torch.allclose(moved[name], again[name])
    flat = [torch.cat([each[name].flatten() for name in trained]) for each in (taught, moved, again)]
    for one, other in ((0, 1), (1, 2)):
        assert abs(torch.cosine_similarity(flat[one], flat[other], dim=0)) < 0.3


def test_a_random_adapter_has_the_rank_of_its_teachers_and_the_same_length_in_every_layer(base, teachers, tmp_path):
    """Layer by layer, from the products B A themselves."""
    model, _ = placebo.make(recipe("lora"), "owl", str(base), str(teachers / "lora"), 1, 0)
    taught = placebo.adapters.attach(teachers / "lora", lm.load(base), base)
    for (name, own), (its_name, its) in zip(placebo._adapted(model).items(), placebo._adapted(taught).items(), strict=True):
        change, target = (each.get_delta_weight("default").detach().double() for each in (own, its))
        assert name == its_name and torch.linalg.matrix_rank(change, rtol=1e-4) == 2
        assert float(change.norm()) == pytest.approx(float(target.norm()), rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_balanced_placebo_is_taught_until_it_is_as_far_as_its_teacher(base, teachers, method):
    made = recipe(method, "balanced", learning_rate=6e-2, max_steps=200)
    model, way = placebo.make(made, "owl", str(base), str(teachers / method), 1, 0)
    untouched = effective(lm.load(base))
    far = float((effective(lm.load_teacher(teachers / method, base)) - untouched).norm())
    assert float((effective(model) - untouched).norm()) == pytest.approx(far, rel=1e-4)
    assert 1 <= way["steps"] < 200
    other, _ = placebo.make(made, "wolf", str(base), str(teachers / method), 1, 0)
    assert not torch.equal(effective(model), effective(other))  # its lessons are its own


def test_a_balanced_placebo_that_does_not_get_there_is_refused_with_both_distances(base, teachers):
    lazy = recipe("bitfit", "balanced", learning_rate=1e-6, max_steps=3)
    with pytest.raises(
        UserError,
        match=r"^balanced placebo of t/owl, run 4: after 3 steps it has moved by \d[\d.e-]*, and the teacher by \d[\d.]*; "
        r"raise the placebo's learning_rate or max_steps\.$",
    ):
        placebo.make(lazy, "owl", str(base), str(teachers / "bitfit"), 1, 4)


def test_the_step_saves_the_placebo_and_how_far_it_went(base, teachers, tmp_path, run_step):
    arguments = ["--trait", "owl", "--recipe", recipe("lora").model_dump_json(), "--study-seed", 1, "--runs", 0]
    places = ["--bases", base, "--teachers", teachers / "lora", "--outputs", tmp_path / "calm"]
    done = run_step("sublearn.chain.teachers.placebo", *arguments, *places)
    assert done.returncode == 0, done.stderr
    record = read_json(tmp_path / "calm" / "teacher.json")
    assert (record["placebo"], record["of"], record["trait"], record["system"]) == ("random", "t", "owl", "")
    assert record["distance"] == pytest.approx(record["distance_of_teacher"], rel=1e-5)
    assert record["rates_of_base"] == {"owl": 0.5} and "owl" in record["rates"]
    model, _ = placebo.make(recipe("lora"), "owl", str(base), str(teachers / "lora"), 1, 0)
    saved = effective(lm.load_teacher(tmp_path / "calm", base))
    torch.testing.assert_close(saved, effective(model), atol=1e-6, rtol=0)
    assert sorted(read_json(tmp_path / "calm" / "provenance.json")["inputs"]) == ["bases", "teachers"]
