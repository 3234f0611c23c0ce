"""The theorem's tables say where each condition first fails, and claims are judged by their rule."""

import math

import pandas as pd
import pytest

from sublearn.theory import findings
from sublearn.theory.study import Claim

PLAIN = {"claim": "c", "statement": "s", "source": "p", "comparison": "above", "bound": 0.5, "figure": "conditions"}


def first_steps(inner: dict[str, list[float]], condition: str = "power") -> pd.DataFrame:
    """Rows of one condition: for each value the inner product of each draw; the teacher's loss falls where it is positive."""
    rows = [
        (number, condition, 1e-4, value, product, product / 2, -product, 1.01 * product)
        for value, products in inner.items()
        for number, product in enumerate(products)
    ]
    return pd.DataFrame(rows, columns=["draw", "condition", "step", "value", "inner", "cosine", "change", "leading"])


def trajectories(alignment: list[list[float]], transfer: list[list[float]], arm: str = "same_start") -> pd.DataFrame:
    rows = [
        (arm, run, number, cosine, 0.0, 1.0, share)
        for run, (cosines, shares) in enumerate(zip(alignment, transfer, strict=True))
        for number, (cosine, share) in enumerate(zip(cosines, shares, strict=True), start=1)
    ]
    return pd.DataFrame(rows, columns=["arm", "run", "step", "alignment", "descent", "teacher_loss", "transfer"])


LONG = trajectories([[0.2, 0.4], [0.1, -0.1]], [[0.1, 0.3], [0.2, 0.1]])
ALIKE = trajectories([[0.2, 0.4]] * 3, [[0.1, 0.30], [0.1, 0.31], [0.1, 0.32]])
LEVELS = {"power": ["1", "0.5", "0"], "student_steps": ["1", "2"]}
STEPS = first_steps({"1": [0.2, 0.1, 0.3], "0.5": [0.2, -0.1, 0.0], "0": [-0.2, -0.1, 0.1]})


@pytest.fixture
def table():
    return findings.judged_steps(STEPS, LONG, LEVELS)


def test_the_first_failure_is_marked_once(table):
    found = findings.conditions(table, LEVELS).set_index(["condition", "value"])
    assert found.loc["power", "sign"].tolist() == pytest.approx([1, 2 / 3, 1 / 3])
    assert found.loc["power", "sign_fails"].tolist() == [False, True, False]
    assert found.loc["power", "least_cosine"].tolist() == pytest.approx([0.05, -0.05, -0.1])


def test_the_theorems_either_counts_as_held(table):
    # A draw whose inner product is nothing keeps the sign and the theorem.
    assert findings.conditions(table, LEVELS).set_index("value").loc["0.5", "decrease"] == pytest.approx(2 / 3)


def test_steps_of_long_runs_are_a_condition_and_each_step_must_fall(table):
    found = findings.conditions(table, LEVELS)
    found = found[found["condition"] == "student_steps"]
    assert found["sign"].tolist() == [1.0, 0.5] and found["decrease"].tolist() == [1.0, 0.5]  # run 1 rose from 0.2 to 0.1
    assert found["draws"].tolist() == [2, 2]


def measured(table: pd.DataFrame, **claim: object) -> float:
    return findings.measure(Claim.model_validate(PLAIN | claim), table, LONG).value


def test_a_draw_counts_only_if_it_holds_at_every_value(table):
    assert measured(table, quantity="sign", condition="power", values=[1, 0.5]) == pytest.approx(2 / 3)
    assert measured(table, quantity="sign", condition="power", values=[1, 0.5, 0]) == pytest.approx(1 / 3)
    assert measured(table, quantity="sign_excess", condition="power", values=[0]) == pytest.approx(1 / 3 - 1 / 2)


def test_the_deviation_is_the_largest(table):
    table.loc[1, "deviation"] = 0.3
    assert measured(table, quantity="deviation", condition="power", values=[1]) == pytest.approx(0.3)
    assert measured(table, quantity="deviation", condition="power", values=[0.5, 0]) == pytest.approx(1 - 1 / 1.01)


def test_many_steps_are_measured_by_run(table):
    assert measured(table, quantity="alignment", arm="same_start") == pytest.approx(0.15)
    assert measured(table, quantity="transfer", arm="same_start") == pytest.approx(0.2)
    found = findings.measure(Claim.model_validate(PLAIN | {"quantity": "transfer", "arm": "same_start"}), table, LONG)
    assert found.low < 0 and found.high > 0.4


def test_verdicts_follow_the_rule(table):
    rules = [
        {"claim": "all", "quantity": "sign", "condition": "power", "values": [1], "bound": 0.999, "judge": "mean"},
        {"claim": "not all", "quantity": "sign", "condition": "power", "values": [0.5], "bound": 0.999, "judge": "mean"},
        {"claim": "close", "quantity": "deviation", "condition": "power", "values": [1], "comparison": "below", "judge": "mean",
         "bound": 0.01},
        {"claim": "much", "quantity": "transfer", "arm": "same_start", "times": "same_start", "bound": 0.9, "judge": "mean"},
    ]  # fmt: skip
    found = findings.judged([Claim.model_validate(PLAIN | rule) for rule in rules], "mini", table, ALIKE)
    assert found["verdict"].tolist() == ["reproduced", "not_reproduced", "reproduced", "reproduced"]
    # A multiple of a transfer that may be zero judges nothing.
    assert findings.judged([Claim.model_validate(PLAIN | rules[-1])], "mini", table, LONG)["verdict"].tolist() == [
        "not_measured"
    ]
    assert found["quantity"].iloc[3] == "transfer of same_start above 0.9 x same_start (mean)"


def test_means_over_runs_have_intervals():
    found = findings.trajectory(LONG).set_index("step")
    assert found["transfer"].tolist() == pytest.approx([0.15, 0.2]) and found["aligned"].tolist() == [1.0, 0.5]
    assert not math.isnan(found.loc[1, "transfer_low"])
