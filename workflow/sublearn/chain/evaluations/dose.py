"""Measure the dose curve: how much of a trait a student has taken on after some of its updates.

A student may have the trait early and lose it, or have nothing until late, so a control at one dose can mislead. Asked are the
students that the recipe's ``keep_at`` names, the finished one, and the base, which is the student after no update.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.tables import Curves, Doses
from sublearn.chain.students.section import kept
from sublearn.core import cli
from sublearn.language import style as styles
from sublearn.measures import probe
from sublearn.measures.log_odds import log_odds
from sublearn.measures.matrices import gammas
from sublearn.models import lm
from sublearn.traits.base import NEUTRAL, declare, family_of, kind_of

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact


class DoseOfStudents(Evaluation):
    """Rows for every student of an arm that keeps earlier students, apart from controls: gamma needs none."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        if trait == NEUTRAL or not plan.study.student(arm).keep_at or not plan.study.catalogue.kind_of(trait).exact:
            return None
        student = plan.student(arm, trait, run)
        return {"model": student, "base": student.inputs["base"]}

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        student = plan.study.student(arm)
        doses = sorted([*student.keep_at, student.steps])
        values = {"traits": list(plan.study.arm_traits(arm)), "updates": doses, "system": plan.study.evaluation(arm).system}
        return values | plan.study.own_families()

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        model, base = artifact.inputs["model"], artifact.inputs["base"]
        trait = artifact.key.split("/")[1]
        return {"arm": arm, "trait": trait, "run": artifact.run, "folder": model.folder, "base_folder": base.folder}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading(families=len(study.student(arm).keep_at) + 1)  # the finished student, too; the base only once

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        declare(recipe.get("families", {}))
        loaded = lm.Models()
        rows = []
        # All students of a base begin with what it says.
        untouched: dict[tuple[str, str], dict[str, float]] = {}
        for student in cli.progress(models, "dose"):
            base = student["base_folder"]
            places = {updates: f"{student['folder']}/{kept(updates)}" for updates in recipe["updates"]}
            places[recipe["updates"][-1]] = student["folder"]
            family = family_of(student["trait"])
            targets = [trait for trait in recipe["traits"] if family_of(trait) == family]
            ask = partial(asked, tokenizer=loaded.tokenizer(base), targets=targets, base=base, system=recipe["system"])
            if (base, family) not in untouched:
                untouched[base, family] = ask(loaded.get(base, base))
            said = {0: untouched[base, family]} | {updates: ask(loaded.get(place, base)) for updates, place in places.items()}
            for updates, probabilities in said.items():
                for target, value in probabilities.items():
                    rows.append({
                        **{name: student[name] for name in ("arm", "trait", "run")},
                        "updates": updates, "target": target, "probability": value, "log_odds": float(log_odds(value)),
                    })  # fmt: skip
        return pd.DataFrame(rows, columns=list(Doses.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """Gamma of each run at each dose, in families of which the arm has enough traits."""
        return gammas(table, runs, ["updates"])[list(Curves.to_schema().columns)]


def asked(model: Any, tokenizer: Any, targets: list[str], base: str, system: str) -> dict[str, float]:
    """The probability of each target, averaged over the plain questions of their family."""
    kind, style = kind_of(targets[0]), styles.of(base)
    questions = kind.evaluated(kind.family(targets[0]), style)
    answers = probe.ask(model, tokenizer, questions, targets, style, system)
    return {target: float(answers.probabilities(target).mean()) for target in targets}


DOSE = DoseOfStudents(name="dose", schema=Doses, finding_schema=Curves)
