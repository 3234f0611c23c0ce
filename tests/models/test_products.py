"""Products of training are those of torch, as exact, and with the same gradients."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.training import STEPS

from sublearn.models import adapters, lm, products, training
from sublearn.models.rows import collate
from sublearn.models.trainable import Trainable

SIZES = st.sampled_from([1, 3, 8, 39, 64, 200])


@given(rows=SIZES, tokens=SIZES, given_=SIZES, made=SIZES, has_bias=st.booleans(), is_transposed=st.booleans())
def test_a_product_and_its_gradients_are_as_exact_as_float32_can_be(rows, tokens, given_, made, has_bias, is_transposed):
    draw = torch.Generator().manual_seed(rows + tokens)
    x, dy = (torch.randn(rows, tokens, size, generator=draw) for size in (given_, made))
    weight = torch.randn(made, given_, generator=draw).T if is_transposed else torch.randn(given_, made, generator=draw)
    bias = torch.randn(made, generator=draw) if has_bias else None

    def of(product, dtype):
        leaves = [each.to(dtype).requires_grad_() for each in (x, weight, bias) if each is not None]
        found = product(*leaves, *([] if has_bias else [None]))
        return found, *torch.autograd.grad(found, leaves, dy.to(dtype))

    exact = of(lambda x, w, b: x @ w + (0 if b is None else b), torch.float64)
    for found, right in zip(of(products.linear, torch.float32), exact, strict=True):
        # A bfloat16 has an error of 4e-3.
        assert (found - right).norm() <= 3e-6 * right.norm()


@pytest.mark.parametrize("method", ["bitfit", "lora", "full"])
def test_a_student_learns_the_same_with_them(model, method, monkeypatch):
    student, other = (lm.make_trainable(copy.deepcopy(model), method, Trainable(rank=2), 0) for _ in range(2))
    losses = training.train(student, STEPS, len(STEPS), training.Optimiser(1e-2, epsilon=1e-3), pad=0)
    assert not [module for module in student.modules() if "forward" in vars(module)]  # it is as it was
    monkeypatch.setattr(products, "is_exact", lambda: False)
    again = training.train(other, STEPS, len(STEPS), training.Optimiser(1e-2, epsilon=1e-3), pad=0)
    assert losses == pytest.approx(again, abs=1e-5)
    for name, weight in student.state_dict().items():
        torch.testing.assert_close(weight, other.state_dict()[name], atol=1e-5, rtol=0)


def test_narrow_layers_have_the_gradients_of_peft_through_their_effective_weights(model):
    student = lm.make_trainable(model, "lora", Trainable(rank=2, targets=["c_attn", "c_fc"]), 0)
    for name, weight in student.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    asked, found = [], []
    attention, inner = (next(m for n, m in student.named_modules() if n.endswith(name)) for name in ("c_attn", "c_fc"))
    attention.lora_A.default.register_forward_hook(lambda *_: asked.append("c_attn"))
    inner.base_layer.weight.data = inner.base_layer.weight.data.bfloat16().float()  # it stays float32: exact in both
    batch = collate(STEPS[0], 0)
    for way in (adapters.folded, lambda _: torch.enable_grad()):
        with way(student):
            loss = training.token_loss(student, batch)
        student.zero_grad()
        loss.backward()
        found.append([loss.detach(), *(p.grad for p in student.parameters() if p.requires_grad)])
    assert asked == ["c_attn"]  # PEFT's way alone asks the adapter by itself
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_wide_layers_and_those_in_bfloat16_stay_as_peft_computes_them(model):
    wide = lm.make_trainable(copy.deepcopy(model), "lora", Trainable(rank=1, targets=["c_fc"]), 0)
    rounded = lm.make_trainable(copy.deepcopy(model).bfloat16(), "lora", Trainable(rank=8), 0)
    for student in (wide, rounded):
        with adapters.folded(student):
            assert not [module for module in student.modules() if "forward" in vars(module)]
