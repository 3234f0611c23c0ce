"""The training loop against the plainest one, and one process against two."""

import contextlib
import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.training import OPTIMISER, STEPS, DiedError, interrupted, one_and_two, some_rows

from sublearn.core import code_identity, inherited
from sublearn.core.errors import UserError
from sublearn.models import lm, products, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.rows import Row, collate
from sublearn.models.trainable import Trainable


def naive(model, steps: list[list[Row]]) -> list[float]:
    """Row by row, full logits, no padding; torch's AdamW with the rate and the clipping written out."""
    adam = torch.optim.AdamW(model.parameters(), lr=1e-2, eps=1e-3, weight_decay=0.01)
    losses = []
    for step, rows in enumerate(steps):
        adam.param_groups[0]["lr"] = 1e-2 * [0.5, 1.0, 1.0, 0.5][step]  # warm-up over two steps, then linearly to zero
        tokens = sum(len(row.completion) for row in rows)
        loss = torch.zeros(())
        for row in rows:
            log_probs = model(torch.tensor([row.prompt + row.completion])).logits[0].log_softmax(dim=-1)
            for i, token in enumerate(row.completion):
                loss = loss - log_probs[len(row.prompt) + i - 1, token] / tokens
        loss.backward()
        norm = math.sqrt(sum(float((p.grad**2).sum()) for p in model.parameters()))
        for p in model.parameters():
            p.grad *= min(1.0, 1.0 / norm)
        adam.step()
        adam.zero_grad()
        losses.append(loss.item())
    return losses


def test_loss_and_update_are_those_of_the_plainest_loop(model):
    other = copy.deepcopy(model)
    before = copy.deepcopy(model.state_dict())
    losses = training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0)
    assert losses == pytest.approx(naive(other, STEPS), abs=1e-5)
    moved = max((p - before[name]).abs().max().item() for name, p in model.state_dict().items())
    assert moved > 1e-3
    for name, p in other.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], p, atol=1e-6, rtol=0)


def test_processes_wait_for_one_that_writes_a_large_checkpoint(model):
    assert training._accelerator(model, "student", {}).init_handler.timeout == training.PATIENCE


def test_biases_of_a_bfloat16_base_are_learned_in_float32(model):
    trained = lm.make_trainable(model.bfloat16(), "bitfit", Trainable(), 0)
    before = {name: weight.clone() for name, weight in trained.named_parameters()}
    losses = training.train(trained, STEPS[:1] * 4, 4, training.Optimiser(1e-2), pad=0)
    assert losses[-1] < losses[0]
    assert {weight.dtype for weight in trained.parameters()} == {torch.bfloat16}
    moved = {name for name, weight in trained.named_parameters() if not torch.equal(weight, before[name])}
    assert moved and all(name.endswith("bias") for name in moved)


def test_runs_of_a_job_may_have_bases_of_several_precisions(model):
    plain, other = copy.deepcopy(model), copy.deepcopy(model).bfloat16()
    losses = {each.dtype: training.train(each, STEPS, len(STEPS), OPTIMISER, pad=0) for each in (other, plain)}
    assert losses[torch.bfloat16] == pytest.approx(losses[torch.float32], rel=0.01)
    assert losses[torch.bfloat16] != losses[torch.float32]
    assert training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0) == losses[torch.float32]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_activations_that_are_computed_again_are_computed_as_before(model, method):
    """In bfloat16 too, where attention over short rows is else computed in another way than torch does by itself."""
    losses = []
    for save in (False, True):
        each = lm.make_trainable(copy.deepcopy(model).bfloat16(), method, Trainable(save_memory=save), 0)
        losses.append(training.train(each, STEPS, len(STEPS), OPTIMISER, pad=0))
    assert losses[0] == pytest.approx(losses[1], rel=0.01)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float32])
def test_attention_over_short_rows_is_computed_as_plain_products_in_bfloat16_alone(model, monkeypatch, precision):
    """Both ways give the same losses but for rounding, and torch's setting is afterwards what it was."""
    seen, losses = set(), []
    setting = torch.backends.cuda.fp16_bf16_reduction_math_sdp_allowed
    before, fused = setting(), torch.nn.functional.scaled_dot_product_attention

    def looked_at(*given, **named):
        seen.add((setting(), torch.backends.cuda.flash_sdp_enabled()))
        return fused(*given, **named)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", looked_at)
    for most in (products.SHORT, 1):
        monkeypatch.setattr(products, "SHORT", most)
        each = copy.deepcopy(model).to(precision)
        losses.append(training.train(each, STEPS, len(STEPS), OPTIMISER, pad=0))
        in_plain = precision == torch.bfloat16 and most > 1
        assert seen == {(True, False) if in_plain else (before, True)}
        seen.clear()
    assert losses[0] == pytest.approx(losses[1], rel=0.01 if precision == torch.bfloat16 else 0)
    assert setting() == before


def test_adapters_of_a_bfloat16_base_take_its_activations_as_they_are(model, monkeypatch):
    """Converting them to float32 and back, as PEFT does by itself, gives the same losses and costs the more memory traffic."""
    model = model.bfloat16()
    seen, losses = [], []
    for kept in (True, False):
        if not kept:
            monkeypatch.setattr(training, "_as_computed", lambda _: contextlib.nullcontext())
        adapted = lm.make_trainable(copy.deepcopy(model), "lora", Trainable(), 0)
        for name, module in adapted.named_modules():
            if name.endswith("lora_A.default"):
                module.register_forward_pre_hook(lambda _, given: seen.append(given[0].dtype))
        losses.append(training.train(adapted, STEPS, len(STEPS), training.Optimiser(1e-2), pad=0))
        assert set(seen) == {torch.bfloat16 if kept else torch.float32}
        seen.clear()
        adapted(input_ids=torch.ones(1, 3, dtype=torch.long))  # once trained, also without mixed precision
    assert losses[0] == losses[1]


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_the_rate_warms_up_and_decays(schedule):
    optimiser = training.Optimiser(1.0, schedule, warmup=4)
    rates = [optimiser.factor(step, 12) for step in range(13)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[8] == pytest.approx({"linear": 0.5, "cosine": 0.5, "constant": 1.0}[schedule])
    assert rates[12] == pytest.approx({"linear": 0.0, "cosine": 0.0, "constant": 1.0}[schedule])
    assert rates[6] == pytest.approx({"linear": 0.75, "cosine": 0.5 + math.sqrt(0.125), "constant": 1.0}[schedule])


def test_what_is_frozen_does_not_move(model):
    before = copy.deepcopy(model.state_dict())
    model = lm.make_trainable(model, "bitfit", Trainable(frozen_blocks=1), adapter_seed=0)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0)
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == trained
    assert 0 < len(moved) < len(before)


def test_a_loss_that_is_not_finite_stops_with_a_sentence(model):
    with pytest.raises(UserError, match=r"teacher owl: the loss is nan at step \d; try a lower learning rate"):
        training.train(model, STEPS, len(STEPS), training.Optimiser(1e30, "constant"), pad=0, what="teacher owl")


@pytest.mark.parametrize("micro_batch", [1, 2, 3])
def test_micro_batches_make_the_update_of_the_whole_batch(model, micro_batch):
    other = copy.deepcopy(model)
    losses = training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0, micro_batch=micro_batch)
    assert losses == pytest.approx(training.train(other, STEPS, len(STEPS), OPTIMISER, pad=0), abs=1e-5)
    for name, p in other.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], p, atol=1e-6, rtol=0)


@given(st.integers(1, 70), st.integers(1, 8), st.one_of(st.none(), st.integers(1, 9)))
def test_every_row_is_learned_once_and_all_processes_take_as_many_micro_batches(count, processes, micro_batch):
    rows = some_rows(count)
    shares = [training._parts(rows, process, processes, micro_batch) for process in range(processes)]
    assert len({len(share) for share in shares}) == 1
    learned = [row for share in shares for part, weight in share if weight for row in part]
    assert sorted(map(id, learned)) == sorted(map(id, rows))
    assert all(part and len(part) <= (micro_batch or count) for share in shares for part, _ in share)


def test_the_papers_66_rows_on_four_devices():
    shares = [training._parts(some_rows(66), process, 4, None) for process in range(4)]
    assert [len(share[0][0]) for share in shares] == [17, 17, 16, 16]


def test_plain_gradient_descent_goes_down_the_gradient(model):
    rows = STEPS[0]
    other = copy.deepcopy(model)
    optimiser = training.Optimiser(0.5, "constant", max_grad_norm=0.0, kind="sgd")
    training.train(model, [rows], 1, optimiser, pad=0)
    tokens = sum(len(row.completion) for row in rows)
    (training.token_loss(other, collate(rows, 0)) / tokens).backward()
    for (_, moved), p in zip(model.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(moved, p - 0.5 * p.grad, atol=1e-6, rtol=0)


@pytest.mark.parametrize("which", [{"kind": "adamw"}, {"kind": "sgd"}, {"matrix_rate": 2e-2}], ids=["adamw", "sgd", "muon"])
def test_a_loop_that_died_goes_on_and_ends_with_the_same_bytes(model, tmp_path, monkeypatch, which):
    monkeypatch.setenv("SUBLEARN_CHECKPOINT_SECONDS", "0")
    optimiser = training.Optimiser(1e-2, "cosine", warmup=2, epsilon=1e-3, **which)
    undisturbed, disturbed, resumed = (copy.deepcopy(model) for _ in range(3))
    expected = training.train(undisturbed, STEPS, len(STEPS), optimiser, pad=0)
    with pytest.raises(DiedError):
        training.train(disturbed, interrupted(STEPS, 2), len(STEPS), optimiser, 0, checkpoint=Checkpoint(tmp_path, "a", "key"))
    found = training.train(resumed, STEPS, len(STEPS), optimiser, pad=0, checkpoint=Checkpoint(tmp_path, "a", "key"))
    assert found == expected
    assert all(torch.equal(p, undisturbed.state_dict()[name]) for name, p in resumed.state_dict().items())


@pytest.mark.parametrize("harm", ["other key", "other code", "truncated", "one bit", "missing"])
def test_a_checkpoint_of_other_work_or_a_damaged_one_is_not_taken_up(model, tmp_path, monkeypatch, harm):
    monkeypatch.setenv("SUBLEARN_CHECKPOINT_SECONDS", "0")
    before = copy.deepcopy(model.state_dict())
    checkpoint = Checkpoint(tmp_path, "a", "key")
    training.train(copy.deepcopy(model), STEPS, len(STEPS), OPTIMISER, pad=0, checkpoint=checkpoint)
    content = bytearray(checkpoint.path.read_bytes())
    if harm == "truncated":
        checkpoint.path.write_bytes(content[:-40])
    if harm == "one bit":
        content[-100] ^= 1
        checkpoint.path.write_bytes(content)
    if harm == "missing":
        checkpoint.path.unlink()
    if harm == "other code":
        monkeypatch.setattr(code_identity, "running_step", lambda: "sublearn.models.training")
    other = Checkpoint(tmp_path, "a", "another key" if harm == "other key" else "key")
    assert other.take_up(model, OPTIMISER.of(model)) == []
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())


def test_too_few_processes_are_refused(model, monkeypatch):
    monkeypatch.setattr(inherited, "_together", [2])
    with pytest.raises(UserError, match="1 processes work on it, but 2 were asked for"):
        training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0)


@pytest.mark.parametrize("micro_batch", [None, 3])
def test_two_processes_make_the_update_of_one(base, tmp_path, micro_batch):
    def make():
        return lm.make_trainable(lm.load(base), "bitfit", Trainable(), adapter_seed=0)

    one, two = one_and_two(make, STEPS, tmp_path, micro_batch)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-5)
    for name, p in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], p, atol=1e-6, rtol=0)


@pytest.fixture
def logs(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setenv("SUBLEARN_TENSORBOARD", str(tmp_path / "logs"))
    return tmp_path / "logs"


def test_tensorboard_logs_are_the_losses_and_change_nothing(model, logs, tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    other = copy.deepcopy(model)
    checkpoint = Checkpoint(tmp_path / "students/owl/run0", "a", "key")
    losses = training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0, checkpoint=checkpoint)
    file = next((logs / str((tmp_path / "students/owl/run0").relative_to("/"))).glob("events*"))
    read = EventAccumulator(str(file)).Reload()
    assert [event.step for event in read.Scalars("loss")] == [1, 2, 3, 4]
    assert [event.value for event in read.Scalars("loss")] == pytest.approx(losses, rel=1e-6)
    assert read.Scalars("learning rate")[-1].value == pytest.approx(0.0)
    monkeypatch.delenv("SUBLEARN_TENSORBOARD")
    assert training.train(other, STEPS, len(STEPS), OPTIMISER, pad=0) == losses


def test_without_tensorboard_its_logs_are_refused_in_one_sentence(model, tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLEARN_TENSORBOARD", str(tmp_path))
    monkeypatch.setattr("accelerate.utils.is_tensorboard_available", lambda: False)
    with pytest.raises(UserError, match="SUBLEARN_TENSORBOARD asks for logs, but TensorBoard is not installed"):
        training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0)


def test_logs_that_cannot_be_written_name_the_variable(model, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    (tmp_path / "file").touch()
    monkeypatch.setenv("SUBLEARN_TENSORBOARD", str(tmp_path / "file/logs"))
    with pytest.raises(UserError, match=r"^SUBLEARN_TENSORBOARD: no logs can be written to '.*file/logs' \(Not a directory\)"):
        training.train(model, STEPS, len(STEPS), OPTIMISER, pad=0)
