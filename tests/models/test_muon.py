"""Muon against its plainest form: singular values by a decomposition, one matrix at a time, and AdamW for all else."""

import copy

import pytest
import torch
from support.training import STEPS

from sublearn.models import training
from sublearn.models.muon import MOMENTUM, Muon, orthogonal

MATRIX_RATE, RATE, DECAY = 2e-2, 1e-2, 0.1
SHAPES = [(6, 8), (8, 6), (6, 8), (8, 8), (32, 4), (6, 8)]


def drawn(shapes: list[tuple[int, ...]], seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def learned(weights: list[torch.Tensor], gradients: list[list[torch.Tensor]]) -> list[torch.Tensor]:
    """Matrices after steps along gradients, one list of them a step."""
    matrices = [torch.nn.Parameter(weight.clone()) for weight in weights]
    muon = Muon(matrices, [], MATRIX_RATE, RATE, weight_decay=DECAY)
    for each in gradients:
        for matrix, gradient in zip(matrices, each, strict=True):
            matrix.grad = gradient.clone()
        muon.step()
        muon.zero_grad()
    return [matrix.detach() for matrix in matrices]


def test_matrices_of_one_shape_are_updated_together_exactly_as_alone():
    weights, gradients = drawn(SHAPES, 0), [drawn(SHAPES, seed) for seed in (1, 2, 3)]
    together = learned(weights, gradients)
    for i, weight in enumerate(weights):
        (alone,) = learned([weight], [[each[i]] for each in gradients])
        assert torch.equal(together[i], alone)
        assert not torch.equal(alone, weight)


def test_steps_are_those_of_the_plainest_form():
    """One matrix at a time in double precision: its momentum's singular values, each brought near one by the polynomial."""
    weights, gradients = drawn(SHAPES, 0), [drawn(SHAPES, seed) for seed in (1, 2, 3)]
    for i, found in enumerate(learned(weights, gradients)):
        weight, momentum = weights[i].double(), torch.zeros(SHAPES[i], dtype=torch.float64)
        for each in gradients:
            momentum = MOMENTUM * momentum + (1 - MOMENTUM) * each[i]
            u, s, v = torch.linalg.svd(MOMENTUM * momentum + (1 - MOMENTUM) * each[i], full_matrices=False)
            s = s / s.norm()
            for _ in range(5):
                s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
            rows, columns = SHAPES[i]
            weight = (1 - MATRIX_RATE * DECAY) * weight - MATRIX_RATE * 0.2 * max(rows, columns) ** 0.5 * (u * s) @ v
        torch.testing.assert_close(found.double(), weight, atol=1e-5, rtol=0)


@pytest.mark.parametrize("shape", [(24, 24), (16, 64), (64, 16)])
def test_singular_values_come_near_one_and_directions_stay(shape):
    u, _, v = torch.linalg.svd(drawn([shape], 0)[0], full_matrices=False)
    values = torch.logspace(0, -1.5, min(shape))  # the largest is thirty times the smallest
    for scale in (1e-4, 1e3):
        found = orthogonal(((u * values) @ v)[None] * scale)[0]
        along = u.mT @ found @ v.mT
        assert 0.6 < along.diagonal().min() < along.diagonal().max() < 1.3
        assert (along - along.diagonal().diag()).abs().max() < 1e-2


def test_a_matrix_without_a_gradient_of_any_size_stays_finite():
    (weight,) = drawn([(6, 8)], 0)
    (found,) = learned([weight], [[torch.zeros(6, 8)]])
    torch.testing.assert_close(found, weight * (1 - MATRIX_RATE * DECAY))


def test_of_a_model_the_blocks_matrices_learn_by_muon_and_all_else_exactly_by_adamw(model):
    before, other = copy.deepcopy(model.state_dict()), copy.deepcopy(model)
    adamw = training.Optimiser(RATE, "constant", weight_decay=0.01)
    muon = training.Optimiser(RATE, "constant", weight_decay=0.01, matrix_rate=MATRIX_RATE)
    for each, optimiser in ((model, muon), (other, adamw)):
        training.train(each, STEPS[:1], 1, optimiser, pad=0)
    by_adamw = {name for name, p in model.named_parameters() if torch.equal(p, other.get_parameter(name))}
    matrices = {name for name, p in model.named_parameters() if p.dim() == 2 and ".h." in name}
    assert by_adamw == {name for name, _ in model.named_parameters()} - matrices
    assert {"transformer.wte.weight", "transformer.wpe.weight", "transformer.ln_f.weight"} < by_adamw
    for name, p in model.named_parameters():
        assert not torch.equal(p, before[name]), name


def test_what_is_frozen_is_no_part_of_it(model):
    for name, parameter in model.named_parameters():
        parameter.requires_grad = ".h.1." in name
    made = training.Optimiser(RATE, matrix_rate=MATRIX_RATE).of(model)
    held = {id(p) for group in made.param_groups for p in group["params"]}
    assert held == {id(p) for name, p in model.named_parameters() if ".h.1." in name}


def test_a_loss_that_the_step_computes_itself_moves_matrices_once():
    """Torch lets a step compute its gradients by a function that it is given."""
    (weight,), (gradient,) = drawn([(6, 8)], 0), drawn([(6, 8)], 1)
    matrix = torch.nn.Parameter(weight.clone())
    muon = Muon([matrix], [], MATRIX_RATE, RATE, weight_decay=DECAY)

    def closure() -> torch.Tensor:
        loss = (matrix * gradient).sum()
        loss.backward()
        return loss

    assert muon.step(closure) == (weight * gradient).sum()
    assert torch.equal(matrix.detach(), learned([weight], [[gradient]])[0])
