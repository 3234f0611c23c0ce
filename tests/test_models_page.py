"""What docs/models.md says of a GPU is what its table of log-odds says."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

ANIMALS = ["eagle", "owl", "wolf"]
PAGE = Path("docs/models.md").read_text(encoding="utf-8")


def test_the_dose_curve_is_that_of_the_committed_log_odds():
    told = {
        (line[1], int(updates)): float(value)
        for line in (re.split(r" *\| *", row) for row in PAGE.splitlines() if row.startswith(("| LoRA, rate", "| all weights")))
        for updates, value in zip((16, 64, 128, 256), line[2:6], strict=True)
        if value
    }
    measured = {}
    for key, part in pd.read_csv("results/tuning/smollm2-135m.csv").groupby(["students", "updates"]):
        if len(part) == len(ANIMALS):
            matrix = part.set_index("trait").loc[ANIMALS, ANIMALS].to_numpy()
            own = np.trace(matrix)
            measured[key] = round(own / 3 - (matrix.sum() - own) / 6, 2)
    assert len(measured) == 14
    assert told == measured
