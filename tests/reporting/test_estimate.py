"""How long the rest of a study takes, at the pace of what was made on this machine."""

import pytest

from sublearn.chain.estimate import Cost, Phase
from sublearn.core.errors import UserError
from sublearn.reporting.estimate import main, pace, parser


def phase(missing: float, existing: float) -> Phase:
    """A phase whose artifacts are reckoned to take so many hours."""
    return Phase([Cost(seconds=3600 * missing)], [Cost(seconds=3600 * existing)])


def test_the_rest_takes_as_many_times_its_estimate_as_what_is_there():
    by_phase = {"teachers": phase(2, 1), "carriers": phase(1, 1), "students": phase(10, 0), "bases": phase(0, 0)}
    said = pace(by_phase, {"teachers": 3 * 3600, "carriers": 3600, "bases": 10})
    # Teachers took three times their estimate and carriers once; students, of which there are none, are taken to take twice.
    assert said == "What is there took 4.0 hours of jobs here; at that pace the rest takes 27.0 hours, one job at a time."


@pytest.mark.parametrize("option", ["tflops", "terabytes"])
@pytest.mark.parametrize("rate", ["inf", "1e999", "nan", "0", "-1"])
def test_a_rate_is_a_finite_number_above_zero(option, rate):
    with pytest.raises(UserError, match=rf"^--{option}: found \S+; a finite rate above zero is right\.$"):
        main(parser().parse_args(["tiny", f"--{option}={rate}"]))


@pytest.mark.parametrize(
    ("by_phase", "spent"),
    [
        ({"teachers": phase(1, 0)}, {}),  # nothing is there
        ({"teachers": phase(1, 1)}, {}),  # it was made elsewhere
        ({"teachers": phase(0, 1)}, {"teachers": 60.0}),  # nothing is left
        ({"teachers": phase(1, 0)}, {"teachers": 60.0}),  # what was timed is gone
    ],
)
def test_no_pace_is_made_up(by_phase, spent):
    assert pace(by_phase, spent) == ""
