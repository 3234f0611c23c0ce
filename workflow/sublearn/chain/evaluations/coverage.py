"""Measure coverage: the cosine of a student's first update with its teacher's displacement (Madl 2026).

It can be computed before a student is trained, as a screen. Both vectors are in effective weights (``measures.alignment``). The
update is the one that the student's own optimiser would make from the gradient of its first rows.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.tables import Coverage, Covered
from sublearn.chain.students.section import Student
from sublearn.chain.students.train import prepare
from sublearn.core import cli
from sublearn.measures.alignment import cosine, effective, first_updates
from sublearn.measures.transfer import effects_by_run
from sublearn.models import lm, training
from sublearn.traits.base import NEUTRAL, family_of

if TYPE_CHECKING:
    import torch

    from sublearn.planning.artifacts import Artifact

ROWS = 512  # the first rows of the student's carrier, enough for the direction of the gradient


def measure(recipe: Student, student: dict[str, Any], teacher: str, carrier: str, study_seed: int) -> "dict[str, torch.Tensor]":
    """A student's first updates on a teacher's carrier, and that teacher's displacement from its base."""
    made = prepare(
        recipe.model_copy(update={"rows": min(ROWS, recipe.rows)}),
        student["base"],
        teacher,
        carrier,
        [],
        study_seed,
        student["run"],
    )
    taught = effective(lm.load_teacher(teacher, student["teacher_base"]))
    displacement = taught - effective(lm.load(student["teacher_base"]))
    optimiser = training.optimiser_of(recipe)
    updates = first_updates(made.model, made.rows, made.loss, made.pad, recipe.batch, optimiser)
    return {**updates, "displacement": displacement}


class CoverageOfStudents(Evaluation):
    """One row per student, compared with its control, in arms whose teacher and student have weights of the same shape."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        if trait == NEUTRAL or not _comparable(plan, arm, trait, run):
            return None
        student, control = plan.student(arm, trait, run), plan.student(arm, NEUTRAL, run)
        return {
            **student.inputs,
            "teacher_base": student.inputs["teacher"].inputs["base"],
            "control_teacher": control.inputs["teacher"],
            "control_carrier": control.inputs["carrier"],
        }

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        return dict(plan.study.student(arm).model_dump())

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        parts = artifact.inputs
        folders = {name: parts[name].folder for name in ("base", "teacher", "teacher_base", "control_teacher")}
        carriers = {name: parts[name].files[0] for name in ("carrier", "control_carrier")}
        return {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run, **folders, **carriers}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading(gradients=2 * ROWS)  # of the control, too

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        settings = Student.model_validate(recipe)
        controls: dict[str, dict[str, Any]] = {}
        rows = []
        for student in cli.progress(models, "coverage"):
            control = student["control_carrier"]
            if control not in controls:
                controls[control] = measure(settings, student, student["control_teacher"], control, study_seed)
            own, neutral = measure(settings, student, student["teacher"], student["carrier"], study_seed), controls[control]
            rows.append({
                **{name: student[name] for name in ("arm", "trait", "run")},
                "update": cosine(own["update"], own["displacement"]),
                "gradient": cosine(own["gradient"], own["displacement"]),
                "contrast": cosine(own["update"] - neutral["update"], own["displacement"] - neutral["displacement"]),
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(Coverage.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """The cosines and the effect of each student: log-odds(student) - log-odds(control of the same run), in nats."""
        known = effects_by_run(runs)[["arm", "trait", "run", "effect"]]
        joined = known.merge(table, on=["arm", "trait", "run"], how="inner", validate="one_to_one")
        return joined.assign(family=joined["trait"].map(family_of))[list(Covered.to_schema().columns)]


def _comparable(plan: ArmPlan, arm: str, trait: str, run: int) -> bool:
    """Whether the weights of a student and its teacher are comparable: both are made here, not pinned, and of one shape."""
    study, teacher, carrier = plan.study, plan.study.arms[arm].teacher, plan.study.carrier(arm)
    if study.imported(carrier, teacher, trait) or study.imported(carrier, teacher, NEUTRAL):
        return False
    bases = [study.bases[name] for name in (study.teacher_base(teacher, run), study.student_base(arm, run))]
    shapes = {None if isinstance(base, PinnedBase) else base.shape for base in bases}
    return len(shapes) == 1 and None not in shapes and study.teachers[teacher].method not in ("prompt", "given")


COVERAGE = CoverageOfStudents(name="coverage", schema=Coverage, finding_schema=Covered)
