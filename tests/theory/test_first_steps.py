"""The student's first step: its direction, the predicted leading term, and cases made so that the sign must fail."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sublearn.theory import conditions, draws
from sublearn.theory.losses import CrossEntropy, SquaredError, TeacherLoss
from sublearn.theory.networks import Network

ALL = CrossEntropy(torch.arange(4))
SOME = CrossEntropy(torch.tensor([1, 3]))
WEIGHTED = SquaredError(torch.tensor([1.0, 0.0, 0.5, 2.0], dtype=torch.float64))
LOSSES = {"squared": WEIGHTED, "softmax": ALL, "subset": SOME}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def imitation_loss(draw, theta, labels):
    return float(draw.student(draw.outputs(theta), labels))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_update_is_minus_the_slope_of_the_expected_loss(by_hand, rng, loss):
    draw = by_hand((3, 5, 4), loss, rng)
    labels = loss.labels(draw.outputs(draw.other))
    update = draw.update(draw.start, labels)
    for i in range(0, len(update), 7):
        nudge = torch.zeros_like(update)
        nudge[i] = 1e-5
        slope = (imitation_loss(draw, draw.start + nudge, labels) - imitation_loss(draw, draw.start - nudge, labels)) / 2e-5
        assert float(update[i]) == pytest.approx(-slope, abs=1e-8)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_leading_term_is_the_curvature_of_the_loss_along_the_change_of_outputs(by_hand, rng, hessian, loss):
    draw = by_hand((3, 5, 4), loss, rng)
    displacement = 0.3 * draw.descent
    change = (draw.outputs(draw.start + 1e-5 * displacement) - draw.outputs(draw.start - 1e-5 * displacement)) / 2e-5
    expected = 0.0
    for outputs, row in zip(draw.outputs(draw.start), change, strict=True):
        curvature = hessian(lambda f, o=outputs: loss(f.unsqueeze(0), loss.labels(o.unsqueeze(0))), outputs)
        expected += float(row @ curvature @ row) / len(change)
    assert float(draw.leading(displacement)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_small_steps_agree_with_the_leading_term_and_the_deviation_shrinks_with_the_step(by_hand, rng, loss):
    draw = by_hand((3, 8, 4), loss, rng)
    found = next(conditions.theorem(draw, {"steps": [1e-6, 1e-5, 1e-4], "rate": 0.1}, (0, 0)))
    deviation = (found.inner / found.leading - 1).abs()
    assert float(deviation[0]) < 1e-3 and (found.inner > 0).all() and (found.change < 0).all()
    assert float(deviation[2] / deviation[1]) == pytest.approx(10, rel=0.05)


def test_in_a_linear_network_the_leading_term_is_all_there_is(by_hand, rng):
    draw = by_hand((3, 4), WEIGHTED, rng)
    displacement = 5.0 * draw.descent
    weight, bias = displacement[:12].reshape(3, 4), displacement[12:]
    closed = (WEIGHTED.weights * (draw.inputs @ weight + bias).square()).sum(dim=1).mean()
    update = conditions.imitate(draw, draw.start, displacement)
    assert float(update @ displacement) == pytest.approx(float(closed), rel=1e-10)


def test_a_negative_weight_alone_turns_the_student_away(by_hand, rng):
    draw = by_hand((3, 4), SquaredError(torch.tensor([-1.0, 0, 0, 0], dtype=torch.float64)), rng)
    displacement = 1e-4 * draw.descent
    assert float(conditions.imitate(draw, draw.start, displacement) @ displacement) < 0


@pytest.mark.parametrize(("activation", "holds"), [("relu", False), ("tanh", True)])
@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0])
def test_a_relu_at_its_kink_turns_the_student_away_however_small_the_step(activation, holds, size):
    # One hidden unit at zero: the teacher raises its bias by 1 and lowers the output's by 1/2, so with ReLU the output rises
    # by 1/2. The student sees no slope in the unit and raises the output's bias, which the teacher lowered.
    network = Network((1, 1, 1), activation)
    start = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)  # weight, bias, weight, bias
    displacement = size * torch.tensor([0.0, 1.0, 0.0, -0.5], dtype=torch.float64)
    inputs = torch.zeros(1, 1, dtype=torch.float64)
    teacher = TeacherLoss("weights", inputs, start)
    draw = draws.Draw(network, start, start, teacher, SquaredError(torch.ones(1, dtype=torch.float64)), inputs, {})
    inner = float(conditions.imitate(draw, start, displacement) @ displacement)
    assert (inner > 0) == holds and inner != 0


def test_from_another_start_the_update_ignores_a_small_teacher_step(by_hand, rng):
    draw = by_hand((3, 8, 4), ALL, rng)
    still, moved = (conditions.imitate(draw, draw.other, size * draw.descent) for size in (0.0, 1e-6))
    assert float((moved - still).norm() / still.norm()) < 1e-4
    assert float(conditions.imitate(draw, draw.start, 0.0 * draw.descent).norm()) < 1e-12


def test_teacher_steps_are_shares_of_the_starts_length(by_hand, rng):
    draw = by_hand((3, 8, 4), ALL, rng, kind="labels")
    assert float(draw.descent.norm()) == pytest.approx(float(draw.start.norm()))
    before, after = (float(draw.teacher(draw.network, draw.start + size * draw.descent)) for size in (0.0, 1e-4))
    assert after < before


@pytest.mark.parametrize("kind", ["labels", "targets", "logit", "weights"])
def test_the_fall_of_every_teacher_loss_is_predicted_by_the_inner_product(by_hand, rng, kind):
    draw = by_hand((3, 8, 4), ALL, rng, kind=kind)
    found = next(conditions.theorem(draw, {"steps": [1e-5], "rate": 0.1}, (0, 0)))
    slope = torch.func.grad(lambda theta: draw.teacher(draw.network, theta))(draw.start)
    predicted = -0.1 * found.inner * slope.norm() / (1e-5 * draw.descent.norm())
    assert float(found.change[0]) == pytest.approx(float(predicted[0]), rel=1e-3)


# Conditions.


def varied(name, draw, **values):
    recipe = {"rate": 0.1, "steps": [1e-6, 1e-5], "conditions": {"step": 1e-4, **values}}
    return list(conditions.CONDITIONS[name](draw, recipe, (101, 0)))


def test_where_its_condition_holds_each_first_value_is_the_theorems_own_step(by_hand, rng):
    draw = by_hand((3, 8, 4), ALL, rng)
    displacement = 1e-4 * draw.descent
    expected = float(conditions.imitate(draw, draw.start, displacement) @ displacement)
    firsts = [
        varied("start", draw, start=[0, 1])[0], varied("activation", draw, activation=["smooth"])[0],
        varied("temperature", draw, temperature=[1, 0])[0], varied("power", draw, power=[1, 0])[0],
        varied("direction", draw, direction=[1, 0])[0], varied("student_rate", draw, student_rate=[0.1, 1])[0],
        varied("samples", draw, samples=[100], sample_steps=[1e-4])[0],
    ]  # fmt: skip
    assert [float(found.inner[0]) for found in firsts] == pytest.approx([expected] * len(firsts), rel=1e-9)


def test_across_its_descent_the_teacher_is_displaced_as_far_and_the_sign_holds(by_hand, rng):
    draw = by_hand((3, 8, 4), ALL, rng)
    found = varied("direction", draw, direction=[1, 0.5, 0])[0]
    assert (found.inner > 0).all()
    directions = conditions.turned(draw.descent, draw.other, [1, 0.5, 0])
    assert directions.norm(dim=1).tolist() == pytest.approx([float(draw.descent.norm())] * 3)
    assert (directions @ draw.descent / draw.descent.norm() ** 2).tolist() == pytest.approx([1, 0.5, 0], abs=1e-12)


def test_steps_of_any_power_are_as_long_as_the_gradient(by_hand, rng):
    draw = by_hand((3, 8, 4), ALL, rng)
    found = varied("power", draw, power=[1, 0.5, 0])[0]
    assert (found.inner / found.cosine).tolist() == pytest.approx([float(found.inner[0] / found.cosine[0])] * 3)


def test_sampled_labels_approach_the_soft_ones_by_the_root_of_their_number(by_hand, rng):
    draw = by_hand((3, 8, 4), ALL, rng)
    few, many = [], []
    for key in range(20):
        recipe = {"rate": 0.1, "conditions": {"samples": [10**6, 100], "sample_steps": [1e-2]}}
        inner = next(conditions.samples(draw, recipe, (key, 0))).inner
        many.append(float((inner[1] - inner[0]) / inner[0]))
        few.append(float((inner[2] - inner[0]) / inner[0]))
    ratio = np.std(few) / np.std(many)
    assert 50 < ratio < 200  # the square root of 10,000 is 100


def test_sampled_labels_are_shares_of_whole_counts(rng):
    soft = torch.tensor([[0.2, 0.8, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    shares = conditions.sampled(soft, 7, rng)
    assert shares.sum(dim=1).tolist() == pytest.approx([1, 1]) and (7 * shares - (7 * shares).round()).abs().max() < 1e-12
    assert shares[0, 2] == 0 and shares[1].tolist() == [1, 0, 0]


def test_the_first_choice_is_the_limit_of_low_temperatures():
    outputs = torch.tensor([[0.2, 1.0, -1.0, 0.9]], dtype=torch.float64)
    assert ALL.tempered(outputs, 1e-4).tolist() == ALL.tempered(outputs, 0.0).tolist() == [[0, 1, 0, 0]]
    assert SOME.tempered(outputs, 0.0).tolist() == [[1, 0]]


# Draws.


def test_networks_are_the_perceptrons_that_torch_makes(rng):
    network = Network((3, 400, 2), "gelu")
    theta, inputs = network.draw(rng), torch.from_numpy(rng.standard_normal((5, 3)))
    layers = [torch.nn.Linear(3, 400, dtype=torch.float64), torch.nn.Linear(400, 2, dtype=torch.float64)]
    with torch.no_grad():
        layers[0].weight.copy_(theta[:1200].reshape(3, 400).T)
        layers[0].bias.copy_(theta[1200:1600])
        layers[1].weight.copy_(theta[1600:2400].reshape(400, 2).T)
        layers[1].bias.copy_(theta[2400:])
        expected = layers[1](torch.nn.functional.gelu(layers[0](inputs)))
    assert len(theta) == network.parameters == 2402
    assert torch.allclose(network(theta, inputs), expected, atol=1e-12)
    # Outputs keep the size of inputs: weights of a layer have the variance 1 / inputs.
    assert float(theta[1600:2400].std()) == pytest.approx(1 / 20, rel=0.1)
    bare = network.without_biases(theta)
    assert bare[1200:1600].abs().max() == 0 and bare[2400:].abs().max() == 0 and torch.equal(bare[:1200], theta[:1200])


def test_a_draw_is_its_own_whatever_else_the_study_has(recipe):
    plain = draws.draw(recipe, 101, 2)
    other = draws.draw(recipe | {"draws": 9, "student_losses": ["squared"], "inputs": ["far"]}, 101, 2)
    assert torch.equal(plain.start, other.start) and torch.equal(plain.teacher.inputs, other.teacher.inputs)
    assert not torch.equal(plain.start, draws.draw(recipe, 102, 2).start)


def test_the_adversary_lowers_the_cosine(recipe):
    made = draws.draw(recipe | {"inputs": ["noise"], "teacher_losses": ["labels"]}, 101, 0)

    def cosine(inputs):
        moved = replace(made, inputs=inputs)
        return float(next(conditions.theorem(moved, {"steps": [1e-6], "rate": 0.1}, (0, 0))).cosine)

    attacked = draws.against(made, 1e-6, steps=30, rate=0.05)
    assert 0 < cosine(attacked) < 0.8 * cosine(made.inputs)
