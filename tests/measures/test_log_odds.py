"""Log-odds, at the edges too."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublearn.measures import transfer
from sublearn.measures.log_odds import log_odds


@given(st.floats(0, 1))
def test_they_are_finite_and_mirror_themselves(probability):
    assert math.isfinite(log_odds(probability))
    if 1e-3 < probability < 1 - 1e-3:
        assert log_odds(probability) == pytest.approx(math.log(probability / (1 - probability)), abs=1e-9)
        assert log_odds(1 - probability) == pytest.approx(-log_odds(probability), abs=1e-9)


def test_an_effect_is_finite_where_a_rate_is_zero_or_one():
    bases = {"student_base": "a", "teacher_base": "a"}
    exact = {"question_set": "plain", "metric": "probability", "target": "owl", "run": 0, **bases}
    rows = [("base", "none", 0.1), ("same_base", "owl", 1.0), ("same_base", "neutral", 0.0)]
    runs = pd.DataFrame([exact | {"arm": arm, "trait": trait, "value": value} for arm, trait, value in rows])
    effect = transfer.effects_by_run(runs)["effect"].to_numpy()
    assert np.isfinite(effect).all() and effect[0] > 700
