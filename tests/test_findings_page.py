"""What docs/findings.md says of the stand-in is what the committed tables say."""

import re
from pathlib import Path

import pandas as pd
import pytest

PAGE = Path("docs/findings.md").read_text(encoding="utf-8")
KEYS = ["muon_scale", "matrix_rate", "learning_rate", "teacher_rate", "rows", "epochs", "batch", "student_rate"]


def trials_of_the_page() -> list[list[str]]:
    """The cells of each row of the table of trials."""
    lines = PAGE.partition("| Muon's scale |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_row_of_the_table_of_trials_is_the_mean_of_its_trials():
    trials = pd.read_csv("results/tuning/stand-in.csv")
    rows = trials_of_the_page()
    assert len(rows) > 10
    for scale, matrices, others, teacher, learned, batch, student, bases, gamma, ratio, shuffled in rows:
        count, epochs = learned.replace(",", "").split(" x ")
        settings = [scale, *map(float, (matrices, others, teacher)), int(count), int(epochs), int(batch), float(student)]
        own = trials[(trials[KEYS] == settings).all(axis=1)]
        same, across = (own[own["arm"] == arm] for arm in ("same_base", "shuffled_across"))
        assert int(bases) == len(same) > 0
        assert float(gamma) == pytest.approx(same["gamma"].mean(), abs=0.0051)
        assert float(ratio) == pytest.approx(same["rate_ratio"].mean(), abs=0.051)
        if shuffled:
            mean, number = re.fullmatch(r"(-?[\d.]+) \((\d+)\)", shuffled).groups()
            assert (int(number), float(mean)) == (len(across), pytest.approx(across["gamma"].mean(), abs=0.0051))


def test_only_tuning_seeds_were_tried():
    assert set(pd.read_csv("results/tuning/stand-in.csv")["study_seed"]) <= {101, 102, 103}
