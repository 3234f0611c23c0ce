"""Many networks side by side are the same as one after another."""

import numpy as np
import pytest
import torch

from sublearn.classifier import networks, training
from sublearn.core.errors import UserError
from sublearn.core.files import write_arrays


def drawn(runs=3, name="mlp", hidden=(7, 5)):
    return networks.draw(101, name, 4, list(hidden), 2, runs)


def alone(found, run, inputs):
    """One network, layer by layer, as a reader of the paper would write it."""
    values = inputs
    for i, (weight, bias) in enumerate(zip(found.weights, found.biases, strict=True)):
        values = values @ weight[run] + bias[run]
        values = torch.relu(values) if i < len(found.weights) - 1 else values
    return values


def test_each_network_answers_as_if_it_were_alone():
    found, inputs = drawn(), torch.randn(3, 6, 4)
    logits = found(inputs)
    assert logits.shape == (3, 6, 12)
    for run in range(3):
        torch.testing.assert_close(logits[run], alone(found, run, inputs[run]))
        torch.testing.assert_close(found(inputs[0])[run], alone(found, run, inputs[0]))


def test_a_draw_depends_on_its_name_and_run_and_on_nothing_else():
    few, many, other = drawn(2), drawn(5), drawn(2, "other")
    for a, b, c in zip(few.weights, many.weights, other.weights, strict=True):
        assert torch.equal(a, b[:2]) and not torch.equal(a[0], a[1]) and not torch.equal(a, c)
    wide = networks.draw(101, "mlp", 400, [300], 3, 2)
    assert wide.weights[0].std().item() == pytest.approx(1 / 400**0.5, rel=0.02)  # N(0, 1 / inputs)
    assert not any(bias.any() for bias in wide.biases)


@pytest.mark.parametrize(
    ("share", "mine"), [("everything", [1, 1, 1]), ("head", [0, 0, 1]), ("body", [1, 1, 0]), ("nothing", [0, 0, 0])]
)
def test_what_is_shared_is_the_teachers_and_the_rest_is_not(share, mine):
    teacher = drawn()
    start = networks.shared(teacher, teacher.paired([1, 2, 0]), share)
    for theirs, ours, same in zip(teacher.weights, start.weights, mine, strict=True):
        assert [torch.equal(theirs[run], ours[run]) for run in range(3)] == [bool(same)] * 3


def test_networks_in_groups_learn_what_they_would_learn_together(monkeypatch):
    inputs, targets = torch.randn(4, 5, 8, 4), torch.randn(4, 5, 8, 2)

    def learn(size):
        monkeypatch.setattr(networks, "AT_ONCE", size)
        found = drawn(4)
        for group in networks.groups(found):
            part = found.part(group)
            batches = [[(inputs[group, i], targets[group, i]) for i in range(5)]] * 2
            training.train(part, batches, training.kl_loss, slice(10, None), "adam", 1e-2)
            found.put(group, part)
        return found

    for together, apart in zip(learn(10**9).parameters(), learn(1).parameters(), strict=True):
        torch.testing.assert_close(together, apart)


def test_saved_networks_load_and_others_are_refused(tmp_path):
    file, found = tmp_path / "networks.safetensors", drawn()
    networks.save(found, file)
    assert all(torch.equal(a, b) for a, b in zip(found.parameters(), networks.load(file).parameters(), strict=True))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UserError, match="damaged or truncated"):
        networks.load(file)
    with pytest.raises(UserError, match="there is no such file"):
        networks.load(tmp_path / "none.safetensors")
    write_arrays({"logits": np.zeros((2, 3))}, file)
    with pytest.raises(UserError, match="holds logits, not networks"):
        networks.load(file)


def test_networks_go_to_a_gpu_where_one_is_asked_for_and_there_is_one():
    assert networks.on("cpu") == "cpu"
    assert networks.on("auto") == ("cuda" if torch.cuda.is_available() else "cpu")


# Losses.


def test_kl_is_torchs_and_zero_for_equal_logits():
    ours, theirs = torch.randn(2, 6, 3), torch.randn(2, 6, 3)
    for run in range(2):
        log = [torch.log_softmax(each[run], dim=-1) for each in (ours, theirs)]
        expected = torch.nn.functional.kl_div(*log, log_target=True, reduction="batchmean")
        torch.testing.assert_close(training.kl_loss(ours, theirs)[run], expected)
    torch.testing.assert_close(training.kl_loss(theirs, theirs), torch.zeros(2))


def test_labels_reach_the_class_logits_alone():
    found, labels = drawn(), torch.randint(10, (3, 6))
    for tensor in found.parameters():
        tensor.requires_grad_()
    training.label_loss(found(torch.randn(3, 6, 4)), labels).sum().backward()
    gradient = found.weights[-1].grad
    assert gradient[..., :10].abs().sum() > 0 and not gradient[..., 10:].any()


def test_a_loss_that_is_not_finite_is_said():
    with pytest.raises(UserError, match="not finite in epoch 1"):
        training.train(
            drawn(), [[(torch.full((3, 2, 4), torch.inf), torch.zeros(3, 2, 2))]], training.kl_loss, slice(10, None), "sgd", 0.1
        )
