"""Full fine-tuning on two processes, each with one half of the model, against one process with all of it."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import PartialState, debug_launcher
from accelerate.state import AcceleratorState
from support import hub_models
from support.training import OPTIMISER, STEPS, DiedError, interrupted, learn, one_and_two

from sublearn.models import lm, sharding, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.rows import Batch
from sublearn.models.trainable import Trainable

TWENTY = STEPS * 5


@pytest.mark.parametrize(("micro_batch", "save_memory"), [(None, False), (3, True)])
def test_two_halves_make_the_update_of_the_whole(base, tmp_path, micro_batch, save_memory):
    def make() -> Any:
        return lm.make_trainable(lm.load(base), "full", Trainable(save_memory=save_memory), 0)

    one, two = one_and_two(make, TWENTY, tmp_path, micro_batch)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-4)
    assert all(last < first for last, first in zip(one["losses"][-4:], one["losses"][:4], strict=True))
    for name, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], weight, atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", hub_models.FAMILIES)
def test_every_family_can_be_sharded(tmp_path, family):
    """Their blocks have other names, and their embeddings are tied or not."""
    kind, config, *_ = hub_models.FAMILIES[family]
    config = copy.deepcopy(config)
    config.vocab_size = 1000

    def make() -> Any:
        torch.manual_seed(0)
        return kind(config)

    assert len(sharding.blocks(make())) == config.num_hidden_layers
    one, two = one_and_two(make, STEPS, tmp_path)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-4)
    for name, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], weight, atol=1e-4, rtol=0)


def in_float32(model: Any, batch: Batch) -> torch.Tensor:
    parameters = list(model.parameters())
    assert {parameter.dtype for parameter in parameters} == {torch.float32}
    # Autocast's cache would hold the whole model in bfloat16 by the end of the forward pass.
    assert torch.is_autocast_cache_enabled() == (not sharding.is_sharded(parameters[0]))
    return training.token_loss(model, batch)


def test_a_bfloat16_model_is_float32_while_it_learns(base, tmp_path):
    one, two = one_and_two(lambda: lm.load(base).bfloat16(), TWENTY, tmp_path, loss=in_float32)
    assert two["losses"] == pytest.approx(one["losses"], abs=3e-2)
    assert {weight.dtype for found in (one, two) for weight in found["weights"].values()} == {torch.bfloat16}


class Watched(training.Optimiser):
    """Keeps the optimiser that it makes where a test can see it."""

    def of(self, model: Any) -> Any:
        Watched.made = super().of(model)
        return Watched.made


def _count(base: Path, folder: Path) -> None:
    """What each process holds in its third step, before the forward pass."""
    AcceleratorState._reset_state(reset_partial_state=True)
    held = {}

    def loss(model: Any, batch: Batch) -> torch.Tensor:
        parameters = list(model.parameters())
        assert all(sharding.is_sharded(p) for p in parameters)
        held["weights"] = sum(p.to_local().numel() for p in parameters)
        moments = [Watched.made.state[p][key] for p in parameters if Watched.made.state for key in ("exp_avg", "exp_avg_sq")]
        held["moments"] = sum(moment.to_local().numel() for moment in moments)
        held["blocks"] = sum(isinstance(module, torch.distributed.fsdp.FSDPModule) for module in model.modules()) - 1
        return training.token_loss(model, batch)

    training.train(lm.load(base), TWENTY[:3], 3, Watched(1e-3), pad=0, loss=loss)
    torch.save(held, folder / f"{PartialState().process_index}.pt")


def test_each_process_holds_half_of_the_weights_and_moments(base, model, tmp_path):
    debug_launcher(_count, (base, tmp_path), num_processes=2)
    zero, one = (torch.load(tmp_path / f"{process}.pt") for process in (0, 1))
    count = sum(p.numel() for p in model.parameters())
    assert zero["weights"] + one["weights"] == count
    assert zero["moments"] + one["moments"] == 2 * count
    assert zero["weights"] == pytest.approx(count / 2, rel=0.01)  # a row more where rows are odd
    assert zero["moments"] == 2 * zero["weights"]
    assert zero["blocks"] == one["blocks"] == model.config.n_layer


def _die_and_go_on(base: Path, folder: Path) -> None:
    checkpoint = Checkpoint(folder, "a", "key")
    AcceleratorState._reset_state(reset_partial_state=True)
    with pytest.raises(DiedError):
        training.train(lm.load(base), interrupted(TWENTY, 9), 20, OPTIMISER, 0, checkpoint=checkpoint)
    if PartialState().is_main_process:
        (folder / "left").write_bytes(checkpoint.path.read_bytes())
    PartialState().wait_for_everyone()
    model = lm.load(base)
    training.train(model, TWENTY, 20, OPTIMISER, 0, checkpoint=Checkpoint(folder, "a", "key"))
    if PartialState().is_main_process:
        torch.save(model.state_dict(), folder / "resumed.pt")


def test_a_sharded_loop_that_died_goes_on_with_any_number_of_processes(base, tmp_path, monkeypatch):
    """With as many as before it ends with the same bytes; a single one takes up the same file."""
    monkeypatch.setenv("SUBLEARN_CHECKPOINT_SECONDS", "0")
    debug_launcher(_die_and_go_on, (base, tmp_path), num_processes=2)
    debug_launcher(learn, (lambda: lm.load(base), TWENTY, tmp_path / "undisturbed.pt", {}), num_processes=2)
    expected, found = torch.load(tmp_path / "undisturbed.pt"), torch.load(tmp_path / "resumed.pt")
    assert all(torch.equal(found[name], weight) for name, weight in expected["weights"].items())
    checkpoint = Checkpoint(tmp_path, "a", "key")
    checkpoint.path.write_bytes((tmp_path / "left").read_bytes())
    model = lm.load(base)
    losses = training.train(model, TWENTY, 20, OPTIMISER, 0, checkpoint=checkpoint)
    assert losses == pytest.approx(expected["losses"], abs=1e-4)
    assert losses[:9] == expected["losses"][:9]
    for name, weight in expected["weights"].items():
        torch.testing.assert_close(model.state_dict()[name], weight, atol=1e-5, rtol=0)
