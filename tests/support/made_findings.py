"""Write a findings folder from made-up answers: what the step makes of them, without models."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings.claims import judged
from sublearn.chain.findings.section import Claim
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.core.claims import Claims
from sublearn.core.files import write_table
from sublearn.measures import transfer
from sublearn.traits.base import families

LEAN = {"same_base": 0.8, "other_base": 0.1, "shuffled": 0.4, "one_base": 0.5}  # nats towards the student's own trait


def claims() -> list[Claim]:
    """One claim of each quantity, alone and against another arm."""
    plain = {"statement": "s", "source": "p", "figure": "gamma", "arm": "shuffled", "comparison": "above", "bound": 0.2}
    changes = [
        *({"quantity": quantity} for quantity in ("gamma", "effect", "student_rate", "control_rate", "rate_ratio")),
        {"quantity": "base_rate", "judge": "mean"},
        {"quantity": "null_p", "arm": "other_base", "bound": 0.05, "judge": "mean"},
        {"quantity": "control_shift", "comparison": "within", "bound": 0.02},
        {"quantity": "effect", "trait": "owl", "bound": 1.5, "opposite_of": 1.0},
        {"quantity": "gamma", "arm": "other_base", "comparison": "below", "bound": 0.25, "times": "same_base"},
        {"quantity": "gamma", "comparison": "within", "bound": 0.5, "times": "same_base"},
        {"quantity": "gamma", "arm": "same_base", "comparison": "above", "bound": 1.0, "times": "shuffled"},
        {"quantity": "gamma", "arm": "one_base", "bound": 0.5, "times": "same_base", "judge": "mean"},
        {"quantity": "student_rate", "comparison": "below", "bound": 0.9, "times": "same_base"},
        {"quantity": "effect", "family": "tree", "arm": "same_base"},
    ]
    return [Claim.model_validate(plain | change | {"claim": f"claim {i}"}) for i, change in enumerate(changes)]


def write(folder: Path) -> None:
    """Arms of three and five animals, one and several runs a base, and teachers of one base."""
    rng, bases = np.random.default_rng(0), [f"base{i}" for i in range(4)]
    targets = families()["animal"].traits
    of_arm = {name: ["dolphin", "eagle", "elephant", "owl", "wolf"] for name in LEAN} | {"shuffled": ["eagle", "owl", "wolf"]}
    models = [("base", "none", 0, None, base) for base in bases]
    for arm in LEAN:
        for run in range(6):
            teacher = bases[0] if arm == "one_base" else bases[(run + (arm == "shuffled")) % 4]
            student = bases[(run + 1) % 4] if arm == "other_base" else teacher
            models += [(arm, trait, run, teacher, student) for trait in [*of_arm[arm], "neutral"]]
    rows = []
    for model in models:
        for target in targets:
            log_odds = rng.normal(-2.5, 0.2) + LEAN.get(model[0], 0.0) * (model[1] == target)
            for metric, value in (("probability", 1 / (1 + np.exp(-log_odds))), ("log_odds", log_odds)):
                rows.append((*model, "plain", metric, target, value))
    runs = Runs.validate(pd.DataFrame(rows, columns=list(Runs.to_schema().columns)))
    effects, arms = transfer.effects(runs), transfer.arms(runs)
    write_table(runs, folder / "runs.csv", Runs)
    write_table(effects, folder / "effects.csv", Effects)
    write_table(arms, folder / "arms.csv", Arms)
    write_table(judged(claims(), "made", arms, runs), folder / "claims.csv", Claims)
    rules = [claim.model_dump(exclude_none=True) for claim in claims()]
    (folder / "study.yaml").write_text(yaml.safe_dump({"claims": rules}), encoding="utf-8")
