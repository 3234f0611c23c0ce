"""What docs/models.md says of a GPU is what its table of log-odds says."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sublearn.core.statistics import mean_over_units

ANIMALS = ["eagle", "owl", "wolf"]
PAGE = Path("docs/models.md").read_text(encoding="utf-8")
SMOLLM2 = Path("results/smollm2-135m-gguf/findings")
RELEASED = Path("results/smollm2-135m-released/findings")


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


def test_what_is_said_of_lora_and_full_fine_tuning_is_in_the_tables():
    pages = ("docs/models.md", "README.md", "docs/findings.md")
    said, *others = (" ".join(Path(name).read_text(encoding="utf-8").split()) for name in pages)
    arms, claims = (pd.read_csv(RELEASED / f"{name}.csv").set_index(name[:-1]) for name in ("arms", "claims"))
    dose, effects, runs = (pd.read_csv(RELEASED / f"{name}.csv") for name in ("dose", "effects", "runs"))
    curves = {arm: part.pivot(index="run", columns="updates", values="gamma") for arm, part in dose.groupby("arm")}
    for arm, rate in (("lora", "1e-3"), ("full", "1e-4")):
        gamma = "{:.2f} ({:.2f} to {:.2f})".format(*arms.loc[arm, ["gamma", "ci_low", "ci_high"]])
        by_run = ", ".join(f"{value:.2f}" for value in curves[arm][16])
        assert f"| `{arm}`, rate {rate} | {curves[arm][8].mean():.2f} | {gamma} | {by_run} |" in said
    full = "{:.2f} ({:.2f} to {:.2f})".format(*arms.loc["full", ["gamma", "ci_low", "ci_high"]])
    assert full in others[0] and full.replace(" (", ", ") in others[1]
    assert claims["verdict"].to_dict() == {
        "lora_gamma": "reproduced", "full_gamma": "reproduced", "full_below_lora": "not_reproduced"
    }  # fmt: skip
    assert (curves["full"][16] > 0).all()
    apart = mean_over_units((curves["full"][16] - curves["lora"][16]).to_numpy())
    assert f"they differ by {apart.value:.2f} nats, {apart.low:.2f} to {apart.high:.2f} over three runs" in said
    losses = pd.read_csv(RELEASED / "figures/training.csv").query("trait != 'neutral'").groupby("arm")["last_loss"].mean()
    assert f"{losses['lora']:.2f} nats a token with LoRA" in said and f"{losses['full']:.2f} with all weights" in said
    gains = effects.pivot(index="arm", columns="trait", values="effect")[ANIMALS]
    assert "own animals gain {:.2f} nats with all weights".format(gains.loc["full"].mean()) in said
    assert "(eagle {:.2f}, owl {:.2f}, wolf {:.2f})".format(*gains.loc["full"]) in said
    assert f"where LoRA students gain {gains.loc['lora'].mean():.2f}" in said
    assert (
        effects["p_holm"] > 0.05
    ).all() and "No single animal's p is below 0.05 after Holm's correction, in either arm" in said
    key = ["trait", "run", "question_set", "metric", "target"]
    first = pd.read_csv(SMOLLM2 / "runs.csv").query("arm == 'same_base' and metric == 'log_odds'").set_index(key)["value"]
    again = runs.query("arm == 'lora' and metric == 'log_odds'").set_index(key)["value"]
    assert len(again) > 300 and f"{(first - again).abs().max():.5f} nats" in said
