"""Many steps: what is projected out is gone, and with everything projected out nothing is learned."""

import pytest
import torch

from sublearn.theory import trajectories


@pytest.fixture(scope="module")
def told(study) -> dict:
    return study.trajectory.model_dump()


@pytest.fixture(scope="module")
def tasks(told):
    return trajectories.draw(told, 101)


@pytest.fixture(scope="module")
def teacher(tasks, told):
    return trajectories.taught(tasks, told["teacher_steps"], told["teacher_rate"])


def test_what_is_projected_out_is_gone_and_the_rest_is_untouched():
    update = torch.tensor([[3.0, 4.0, 5.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    direction = torch.tensor([[0.0, 2.0, 0.0], [1.0, 1.0, 0.0]], dtype=torch.float64)
    left = trajectories.without(update, direction)
    assert left.tolist() == [[3.0, 0.0, 5.0], pytest.approx([0.5, -0.5, 0.0])]


def test_a_matched_direction_takes_as_much(tasks, teacher):
    update, displacement = tasks.descent(tasks.start), teacher - tasks.start
    direction = trajectories.matched(update, displacement, tasks.random)
    taken, theirs = (update - trajectories.without(update, each) for each in (direction, displacement))
    assert taken.norm(dim=1).tolist() == pytest.approx(theirs.norm(dim=1).tolist())
    assert (trajectories.cosine(direction, displacement) < 0.99).all()


def test_without_its_descent_the_teachers_loss_stays_where_it_was(tasks, teacher, told):
    plain = trajectories.follow(tasks, teacher, "same_start", told)
    bare = trajectories.follow(tasks, teacher, "without_descent", told)
    ends = [table[table["step"] == told["student_steps"]]["transfer"].to_numpy() for table in (plain, bare)]
    assert (abs(ends[1]) < 0.2 * abs(ends[0])).all()


def test_the_displacement_is_never_walked(tasks, teacher, told):
    update, displacement = tasks.descent(tasks.start), teacher - tasks.start
    taken = trajectories.projected("without_displacement", update, displacement, update, tasks)
    assert trajectories.cosine(taken, displacement).abs().max() < 1e-12
    assert torch.equal(trajectories.projected("same_start", update, displacement, update, tasks), update)


def test_the_teacher_learns_and_labels_reach_no_auxiliary_logit(tasks, teacher, told):
    assert (tasks.teacher_loss(teacher) < tasks.teacher_loss(tasks.start)).all()
    auxiliary = tasks.descent(tasks.start)[:, -told["auxiliary"] :]  # the last biases are those of the auxiliary logits
    assert (auxiliary == 0).all()


def test_another_start_is_another_start(tasks, teacher, told):
    slow = told | {"student_rate": 1e-12}
    for arm, start in (("same_start", tasks.start), ("other_start", tasks.other)):
        table = trajectories.follow(tasks, teacher, arm, slow)
        losses = table[table["step"] == 1]["teacher_loss"].to_numpy()
        assert losses == pytest.approx(tasks.teacher_loss(start).numpy(), rel=1e-9)


def test_a_run_is_its_own_however_many_there_are(tasks, told):
    more = trajectories.draw(told | {"runs": 5}, 101)
    assert torch.equal(more.start[:3], tasks.start) and torch.equal(more.inputs[:3], tasks.inputs)


def test_transfer_is_one_for_a_student_that_is_its_teacher(tasks, teacher, told):
    table = trajectories.follow(tasks, teacher, "same_start", told)
    loss = table[table["step"] == 1]["teacher_loss"].to_numpy()
    start, end = tasks.teacher_loss(tasks.start).numpy(), tasks.teacher_loss(teacher).numpy()
    assert table[table["step"] == 1]["transfer"].to_numpy() == pytest.approx((start - loss) / (start - end))
