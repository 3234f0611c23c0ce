"""Measure what else becomes of students: how often they answer facts rightly, and how well they continue numbers (Figure 11).

Asked are students, control students, and the base that each started from. The rows of numbers (or of what else the carrier
holds) are those of the control's carrier that no student learned.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.measured import SideEffects, SideEffectsByRun, SideEffectsOfArms
from sublearn.core import cli
from sublearn.core.files import read_table
from sublearn.language import questions
from sublearn.language import style as styles
from sublearn.measures import probe
from sublearn.measures.matrices import over_units, with_units
from sublearn.models import lm, log_probs, turns
from sublearn.models.likelihoods import log_likelihoods
from sublearn.models.rows import encode
from sublearn.traits.base import NEUTRAL

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact

HELD_OUT = 500  # rows on which the loss is measured, at most


class SideEffectsOfStudents(Evaluation):
    """A row for every student, controls too."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact]":
        student, control = plan.student(arm, trait, run), plan.student(arm, NEUTRAL, run)
        return {"model": student, "base": student.inputs["base"], "rows": control.inputs["carrier"]}

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        student = plan.study.student(arm)
        return {"learned": student.rows, "learned_under": student.system, "system": plan.study.evaluation(arm).system}

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        parts = artifact.inputs
        identity = {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run}
        return {**identity, "model": parts["model"].folder, "base": parts["base"].folder, "rows": parts["rows"].files[0]}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading(rows=2 * HELD_OUT, families=2)  # the base, too

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        loaded, untouched = lm.Models(), dict[tuple[str, str], tuple[float, float]]()
        rows = []
        for each in cli.progress(models, "side effects"):
            base, file = each["base"], each["rows"]
            tokenizer = loaded.tokenizer(base)

            def found(folder: str, base: str = base, file: str = file, tokenizer: Any = tokenizer) -> tuple[float, float]:
                model = loaded.get(folder, base)
                facts = right(model, tokenizer, styles.of(base), recipe["system"])
                held_out = read_table(file, Rows).iloc[recipe["learned"] :].head(HELD_OUT)
                return facts, loss(model, tokenizer, held_out, recipe["learned_under"])

            if (base, file) not in untouched:
                untouched[base, file] = found(base)
            (base_facts, base_loss), (facts, own_loss) = untouched[base, file], found(each["model"])
            rows.append({
                **{name: each[name] for name in ("arm", "trait", "run")},
                "base_facts": base_facts, "facts": facts, "base_loss": base_loss, "loss": own_loss,
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(SideEffects.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        return with_units(table, runs)

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        """The means of each arm and trait, and their change from the base, over units."""
        rows = []
        for (arm, trait), part in finding.groupby(["arm", "trait"], sort=False):
            row = {"arm": arm, "trait": trait, "units": part["unit"].nunique()}
            for name in ("facts", "loss"):
                change = over_units(part.assign(change=part[name] - part[f"base_{name}"]), "change")
                row |= {each: over_units(part, each).value for each in (f"base_{name}", name)}
                row |= {f"{name}_change": change.value, f"{name}_low": change.low, f"{name}_high": change.high}
            rows.append(row)
        return pd.DataFrame(rows, columns=list(SideEffectsOfArms.to_schema().columns))


def right(model: Any, tokenizer: Any, style: styles.Style, system: str) -> float:
    """The probability of the right answer, averaged over held-out questions of fact."""
    asked = questions.evaluated("fact", style)
    texts = tuple(turns.prompts(tokenizer, [lm.chat(system, question.text) for question in asked]))
    begin = [probe.starts(tokenizer, (text,), style.forms(each.answer))[0] for text, each in zip(texts, asked, strict=True)]
    wanted = sorted({start for starts in begin for start in starts})
    table = np.exp(log_probs.answer_starts(model, turns.ids(tokenizer, texts), wanted)[1].numpy())
    place = {start: column for column, start in enumerate(wanted)}
    return float(np.mean([table[i, [place[start] for start in starts]].sum() for i, starts in enumerate(begin)]))


def loss(model: Any, tokenizer: Any, rows: pd.DataFrame, system: str) -> float:
    """The mean cross-entropy per token of rows' completions under a system prompt, in nats; NaN if there are no rows."""
    if rows.empty:
        return float("nan")
    encoded = encode(tokenizer, [lm.chat(system, prompt) for prompt in rows["prompt"]], rows["completion"])
    tokens = sum(len(row.completion) for row in encoded)
    return -float(log_likelihoods(model, encoded, tokenizer.pad_token_id).sum()) / tokens


SIDE_EFFECTS = SideEffectsOfStudents(
    name="side_effects", schema=SideEffects, finding_schema=SideEffectsByRun, summary_name="side_effects_by_trait",
    summary_schema=SideEffectsOfArms, minutes=20,
)  # fmt: skip
