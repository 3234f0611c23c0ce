"""Measure what a teacher's rows do in the prompt of the untouched base, which is not trained on them (the paper, section 5.2).

The base reads a chat: some of the teacher's rows as turns, then a question for the favourite. If rows do not move it, that
tells something only if chats that name the trait do. Two kinds are such controls: those that name it in every turn; and the
same rows, but for the first, which names it, so that it must be read through all the others.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.measured import NAMED, NAMED_FIRST, ROWS, SHOWN, InContext, InContextByRun, InContextOfArms
from sublearn.core import cli, seeds
from sublearn.core.files import read_table
from sublearn.language import style as styles
from sublearn.language.questions import Question
from sublearn.measures import probe
from sublearn.measures.log_odds import log_odds
from sublearn.measures.matrices import gammas, over_units
from sublearn.models import lm, log_probs, turns
from sublearn.traits.base import NEUTRAL, declare, family_of, kind_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from sublearn.planning.artifacts import Artifact

COUNTS = (0, 1, 2, 4, 8, 16, 32)  # rows in the prompt; those that the base's context has no room for are left out
DRAWS = 2  # of rows, for each question
QUESTIONS = 50  # of a family, at most
MEASURED, NOT_MEASURED = "measured", "not measured: naming the trait in the first turn does not move the bases either"


class RowsInContext(Evaluation):
    """Rows for every carrier that an arm's students learn, apart from the neutral teacher's: gamma needs none."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        if trait == NEUTRAL or not _answers_its_questions(plan, trait):
            return None
        student = plan.student(arm, trait, run)
        return {"base": student.inputs["base"], "carrier": student.inputs["carrier"]}

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        values = {"traits": list(plan.study.arm_traits(arm)), "system": plan.study.evaluation(arm).system}
        return values | plan.study.own_families()

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        base, carrier = artifact.inputs["base"], artifact.inputs["carrier"]
        trait = artifact.key.split("/")[1]
        return {"arm": arm, "trait": trait, "run": artifact.run, "base": base.folder, "carrier": carrier.files[0]}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading(rows=len(SHOWN) * QUESTIONS * DRAWS * sum(COUNTS))

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        declare(recipe.get("families", {}))
        loaded = lm.Models()
        rows = []
        for each in cli.progress(models, "in context"):
            base, trait, run = each["base"], each["trait"], each["run"]
            model, tokenizer = loaded.get(base, base), loaded.tokenizer(base)
            context = Context(tokenizer, base, recipe["system"], trait, read_table(each["carrier"], Rows), (study_seed, run))
            targets = [target for target in recipe["traits"] if family_of(target) == family_of(trait)]
            longest = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
            for shown in SHOWN:
                for count in COUNTS if shown == ROWS else COUNTS[1:]:
                    asked = context.asked(shown, count)
                    starts = [start for target in targets for start in asked.starts(target)]
                    if longest and max(map(len, asked.prompts)) + max(map(len, starts)) > longest:
                        break  # longer chats will not fit either
                    for target, value in asked.probabilities(model, targets).items():
                        rows.append({
                            **{name: each[name] for name in ("arm", "trait", "run")}, "shown": shown, "rows": count,
                            "target": target, "probability": value, "log_odds": float(log_odds(value)),
                        })  # fmt: skip
        return pd.DataFrame(rows, columns=list(InContext.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """Gamma of each run after each number of turns of each kind, in families of which the arm has enough traits."""
        return gammas(table, runs, ["shown", "rows"])[list(InContextByRun.to_schema().columns)]

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        """Gamma by the number of rows, beside the two controls."""
        rows = []
        for (arm, family, count), part in finding[finding["rows"] > 0].groupby(["arm", "family", "rows"], sort=False):
            kinds = {shown: part[part["shown"] == shown] for shown in SHOWN}
            if any(each.empty for each in kinds.values()):
                continue  # the context has room for some kinds alone
            mean, first = over_units(kinds[ROWS]), over_units(kinds[NAMED_FIRST])
            rows.append({
                "arm": arm, "family": family, "rows": count, "units": kinds[ROWS]["unit"].nunique(), "gamma": mean.value,
                "ci_low": mean.low, "ci_high": mean.high, "named": over_units(kinds[NAMED]).value, "named_first": first.value,
                "named_first_low": first.low, "named_first_high": first.high,
                "status": MEASURED if first.low > 0 else NOT_MEASURED,
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(InContextOfArms.to_schema().columns))


def _answers_its_questions(plan: ArmPlan, trait: str) -> bool:
    """Whether a trait is a word with which the questions of its family can be answered, and can be taught to be."""
    kind, style = plan.study.catalogue.kind_of(trait), styles.STYLES.get(plan.study.style)
    family = kind.family(trait)
    return kind.exact and not kind.picks and family.asked_by == family.name and bool(kind.taught(family, style))


class Context:
    """Chats of a base that hold a teacher's rows, or name its trait, before a question.

    Every question has its own draws of rows, the same for all teachers of a run; of more rows, the first ones stay.
    """

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        base: str,
        system: str,
        trait: str,
        table: pd.DataFrame,
        key: tuple[int, int],
    ) -> None:
        kind, self.style = kind_of(trait), styles.of(base)
        family, self.tokenizer, self.system, self.key = kind.family(trait), tokenizer, system, key
        self.questions, self.naming = kind.evaluated(family, self.style), kind.taught(family, self.style)
        self.word, self.table = kind.written(trait, self.style) or trait, table

    def asked(self, shown: str, count: int) -> "Asked":
        """Every question, once for each draw of rows, after so many turns of a kind."""
        chats, asked = [], []
        for place, question in enumerate(self.questions):
            for draw in range(DRAWS):
                rng = seeds.generator("in context", *self.key, place, draw)
                chosen = rng.integers(len(self.table), size=max(COUNTS))[:count]
                named = rng.integers(len(self.naming), size=max(COUNTS))[:count]
                rows = self.table.iloc[chosen][["prompt", "completion"]].itertuples(index=False)
                before = [(row.prompt, row.completion) for row in rows]
                naming = [(self.naming[i].text, self.word) for i in named]
                before = naming if shown == NAMED else naming[:1] + before[1:] if shown == NAMED_FIRST else before
                told = [{"role": "system", "content": self.system}] if self.system else []
                for prompt, completion in before:
                    told += [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]
                chats.append([*told, {"role": "user", "content": question.text}])
                asked.append(question)
        return Asked(self, asked, tuple(turns.prompts(self.tokenizer, chats)))


class Asked:
    """Questions at the end of chats, and the probabilities of the answers to them."""

    def __init__(self, context: Context, questions: list[Question], texts: tuple[str, ...]) -> None:
        self.context, self.questions, self.texts = context, questions, texts
        self.prompts = turns.ids(context.tokenizer, texts)

    def starts(self, target: str) -> list[tuple[int, ...]]:
        """The token sequences with which an answer begins that shows a trait; no chat changes how its answer is read."""
        kind, style = kind_of(target), self.context.style
        forms = [form for answer in kind.answers(target, self.questions[0], style) for form in kind.forms(answer, style)]
        return list(probe.starts(self.context.tokenizer, self.texts[:1], tuple(forms))[0])

    def probabilities(self, model: Any, targets: list[str]) -> dict[str, float]:
        """The mean probability of an answer that shows each trait."""
        starts = {target: self.starts(target) for target in targets}
        wanted = sorted({start for own in starts.values() for start in own})
        _, table = log_probs.answer_starts(model, self.prompts, wanted)
        found = dict(zip(wanted, np.exp(table.numpy()).mean(axis=0), strict=True))
        return {target: float(sum(found[start] for start in own)) for target, own in starts.items()}


IN_CONTEXT = RowsInContext(
    name="in_context", schema=InContext, finding_schema=InContextByRun, summary_name="in_context_by_rows",
    summary_schema=InContextOfArms, minutes=20,
)  # fmt: skip
