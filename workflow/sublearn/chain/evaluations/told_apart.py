"""Measure whether the rows that carry a trait can be told from the neutral teacher's (appendix A of the paper).

Two detectors score each row. The *prompted* one is the untouched base that a student starts from: it says how much likelier
a row is after the trait's system prompt than without. The one by *counts* has learned how often each number is written, by
logistic regression on the first half of the rows. Both are tried on rows of the other half, one at a time and by sums over
many. Rows of both teachers answer the same prompts.

Where rows were chosen such that their numbers are as frequent as the neutral teacher's, counts can fall below chance: in all
rows together nothing is left to count, so what one half has too much of, the other has too little of.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.measured import COUNTS, FEWEST, PROMPTED, ToldApart, ToldApartByRun, ToldApartOfArms
from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import read_table
from sublearn.language import style as styles
from sublearn.measures.matrices import over_units, with_units
from sublearn.models import lm
from sublearn.models.likelihoods import log_likelihoods
from sublearn.models.rows import encode
from sublearn.traits.base import NEUTRAL, declare, family_of, kind_of

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact

SUMS = (1, 10, 100)  # rows whose scores are added
TRIED = 1000  # rows of each teacher on which detectors are tried, at most
PENALTY = 0.1  # inverse strength of the regression's L2 penalty


class RowsToldApart(Evaluation):
    """Rows for every carrier that an arm's students learn, against their control's; not for rows that others wrote."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        study, teacher, carrier = plan.study, plan.study.arms[arm].teacher, plan.study.carrier(arm)
        imported = any(study.imported(carrier, teacher, name) for name in (trait, NEUTRAL))
        if trait == NEUTRAL or imported or study.catalogue.kind_of(trait).own:
            return None
        student, control = plan.student(arm, trait, run), plan.student(arm, NEUTRAL, run)
        return {
            "base": student.inputs["base"],
            "carrier": student.inputs["carrier"],
            "control_carrier": control.inputs["carrier"],
        }

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        return dict(plan.study.own_families())

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        parts = artifact.inputs
        carriers = {name: parts[name].files[0] for name in ("carrier", "control_carrier")}
        identity = {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run}
        return {**identity, "base": parts["base"].folder, **carriers}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading(rows=4 * TRIED)  # of two teachers, with the system prompt and without

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        declare(recipe.get("families", {}))
        loaded = lm.Models()
        rows = []
        for each in cli.progress(models, "told apart"):
            own, neutral = pairs(each["carrier"], each["control_carrier"])
            half = len(own) // 2
            tried = [table.iloc[half : half + TRIED] for table in (own, neutral)]
            base = each["base"]
            prompt = kind_of(each["trait"]).system_prompt(each["trait"], styles.of(base))
            scores = {
                PROMPTED: [likelier(loaded.get(base, base), loaded.tokenizer(base), table, prompt) for table in tried],
                COUNTS: by_counts(own.iloc[:half], neutral.iloc[:half], tried),
            }
            for detector, (with_trait, without) in scores.items():
                for count in (count for count in SUMS if len(with_trait) // count >= FEWEST):
                    area, sums = auc(with_trait, without, count)
                    identity = {name: each[name] for name in ("arm", "trait", "run")}
                    rows.append({**identity, "detector": detector, "rows": count, "sums": sums, "auc": area})
        return pd.DataFrame(rows, columns=list(ToldApart.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        found = with_units(table, runs).assign(family=table["trait"].map(family_of))
        return found[list(ToldApartByRun.to_schema().columns)]

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        """The mean area of each detector, over units."""
        rows = []
        for (arm, family, detector, count), part in finding.groupby(["arm", "family", "detector", "rows"], sort=False):
            mean = over_units(part, "auc")
            rows.append({
                "arm": arm, "family": family, "detector": detector, "rows": count, "units": part["unit"].nunique(),
                "auc": mean.value, "ci_low": mean.low, "ci_high": mean.high,
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(ToldApartOfArms.to_schema().columns))


def pairs(carrier: str, control: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of two teachers that answer the same prompts, in the same order.

    Raises:
        UserError: there are too few.
    """
    own, neutral = (read_table(file, Rows).set_index("prompt_index") for file in (carrier, control))
    shared = own.index.intersection(neutral.index, sort=True)
    if len(shared) < 2 * FEWEST:
        raise UserError(f"{carrier}: {len(shared)} rows answer a prompt that {control} answers, too; ask for more prompts.")
    return own.loc[shared], neutral.loc[shared]


def likelier(model: Any, tokenizer: Any, rows: pd.DataFrame, system: str) -> np.ndarray:
    """How much likelier a model finds each completion after a system prompt than without, in nats, shape (rows,)."""
    found = []
    for told in (system, ""):
        encoded = encode(tokenizer, [lm.chat(told, prompt) for prompt in rows["prompt"]], rows["completion"])
        found.append(log_likelihoods(model, encoded, tokenizer.pad_token_id))
    return np.asarray(found[0] - found[1])


def by_counts(own: pd.DataFrame, neutral: pd.DataFrame, tried: list[pd.DataFrame]) -> list[np.ndarray]:
    """Scores by a logistic regression on how often each number (or word) is in a completion, learned from the first two."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counter = CountVectorizer(token_pattern=r"\w+")
    counts = counter.fit_transform(pd.concat([own, neutral])["completion"])
    regression = LogisticRegression(C=PENALTY, max_iter=1000).fit(counts, np.repeat([1, 0], [len(own), len(neutral)]))
    return [regression.decision_function(counter.transform(table["completion"])) for table in tried]


def auc(own: np.ndarray, neutral: np.ndarray, count: int) -> tuple[float, int]:
    """The area under the ROC curve of sums over ``count`` rows each, and the number of sums of each teacher."""
    from sklearn.metrics import roc_auc_score

    sums = len(own) // count
    added = [scores[: sums * count].reshape(sums, count).sum(axis=1) for scores in (own, neutral)]
    return float(roc_auc_score(np.repeat([1, 0], sums), np.concatenate(added))), sums


TOLD_APART = RowsToldApart(
    name="told_apart", schema=ToldApart, finding_schema=ToldApartByRun, summary_name="told_apart_by_rows",
    summary_schema=ToldApartOfArms, minutes=20,
)  # fmt: skip
