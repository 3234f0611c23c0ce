"""A student is paired with the control of its run and the base that it started from, or it is said that there is none."""

import numpy as np
import pandas as pd
import pytest

from sublearn.core.errors import UserError
from sublearn.measures.pairs import paired
from sublearn.measures.transfer import effects_by_run

COLUMNS = ["arm", "trait", "run", "teacher_base", "student_base", "question_set", "metric", "target", "value"]


def runs(*rows: tuple) -> pd.DataFrame:
    """Exact probabilities of owl on plain questions: arm, trait, run, teacher's base, student's base, value."""
    return pd.DataFrame([(*row[:5], "plain", "probability", "owl", row[5]) for row in rows], columns=COLUMNS)


BASES = [("base", "none", 0, np.nan, name, value) for name, value in (("alpha", 0.1), ("beta", 0.2))]


def test_each_run_has_its_own_control_and_base_in_its_own_arm():
    made = [("same", "owl", 0, "alpha", "alpha", 0.5), ("same", "owl", 1, "beta", "beta", 0.6),
            ("same", "neutral", 0, "alpha", "alpha", 0.3), ("same", "neutral", 1, "beta", "beta", 0.4),
            ("other", "owl", 0, "alpha", "beta", 0.7), ("other", "neutral", 0, "alpha", "beta", 0.8)]  # fmt: skip
    found = paired(runs(*BASES, *made)).set_index(["arm", "run"])
    assert found[["student", "control", "base"]].to_dict("index") == {
        ("same", 0): {"student": 0.5, "control": 0.3, "base": 0.1},
        ("same", 1): {"student": 0.6, "control": 0.4, "base": 0.2},
        ("other", 0): {"student": 0.7, "control": 0.8, "base": 0.2},
    }
    assert found["unit"].to_dict() == {("same", 0): "alpha", ("same", 1): "beta", ("other", 0): "run 0"}


def test_what_nobody_asked_is_missing_and_effects_say_so():
    alone, control = ("same", "owl", 0, "alpha", "alpha", 0.5), ("same", "neutral", 0, "alpha", "alpha", 0.3)
    assert paired(runs(*BASES, alone))["control"].isna().all() and paired(runs(BASES[1], alone, control))["base"].isna().all()
    with pytest.raises(UserError, match=r"^arm same, owl: run 0 has no control student\.$"):
        effects_by_run(runs(*BASES, alone))
    with pytest.raises(UserError, match=r"^arm same: the base alpha was not asked for owl\.$"):
        effects_by_run(runs(BASES[1], alone, control))
