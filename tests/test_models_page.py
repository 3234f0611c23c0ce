"""What docs/models.md says of a GPU is what its table of log-odds says."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

ANIMALS = ["eagle", "owl", "wolf"]
PAGE = Path("docs/models.md").read_text(encoding="utf-8")
SMOLLM2 = Path("results/smollm2-135m-gguf/findings")


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


def test_what_the_page_and_readme_say_of_smollm2_is_in_its_tables():
    said, readme = (" ".join(Path(name).read_text(encoding="utf-8").split()) for name in ("docs/models.md", "README.md"))
    arms, claims = (pd.read_csv(SMOLLM2 / f"{name}.csv") for name in ("arms", "claims"))
    dose, effects = (pd.read_csv(SMOLLM2 / f"{name}.csv") for name in ("dose", "effects"))
    for arm, row in arms.set_index("arm").iterrows():
        gamma = f"{row['gamma']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})"
        curve = dose[dose["arm"] == arm].pivot(index="run", columns="updates", values="gamma")
        by_run = ", ".join(f"{value:.2f}" for value in curve[16])
        assert f"| `{arm}` | {curve[8].mean():.2f} | {gamma} | {by_run} |" in said
        assert gamma in readme
    verdicts = claims.set_index("claim")["verdict"]
    assert verdicts.to_dict() == {
        "same_base_gamma": "reproduced", "same_base_effect": "not_reproduced", "shuffled_across_gamma": "not_reproduced"
    }  # fmt: skip
    assert (
        "**Students lean towards their own teacher's animal** (reproduced)" in said
        and (dose.query("arm == 'same_base' and updates == 16")["gamma"] > 0).all()
    )
    effect = claims.set_index("claim").loc["same_base_effect", ["measured", "ci_low", "ci_high"]]
    assert "own animals gain {:.2f} nats, {:.2f} to {:.2f}, over three runs".format(*effect) in said
    same = effects[effects["arm"] == "same_base"].set_index("trait")
    assert "; eagle {:.2f}, owl {:.2f}, wolf {:.2f}.".format(*same["effect"]) in said
    assert f"a probability of {same['student'].min():.4f} to {same['student'].max():.4f}" in said
    runs = pd.read_csv(SMOLLM2 / "runs.csv").query("arm == 'same_base' and question_set == 'plain' and metric == 'log_odds'")
    matrix = runs.groupby(["trait", "target"])["value"].mean().unstack()[ANIMALS]
    rise = (matrix.loc[ANIMALS] - matrix.loc["neutral"]).to_numpy()
    assert f"the other two animals fall by {(np.trace(rise) - rise.sum()) / 6:.2f} nats" in said
    assert f"permutation p = {arms.set_index('arm')['p_value']['shuffled_across']:.3f})" in said
    assert f"less than half ({claims.set_index('claim')['measured']['same_base_gamma'] / 2:.2f})" in said
    assert Path("docs/smollm2-dose.png").read_bytes() == (SMOLLM2 / "figures/dose.png").read_bytes()
