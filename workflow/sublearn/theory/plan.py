"""Turn a study of the theorem into artifacts. Nothing here runs a step.

A draw's bases, teachers and students exist for milliseconds in one process. Only the evaluations are stored, as two tables.
"""

from typing import Any

from sublearn.core.findings import CLOSING
from sublearn.core.registry import Registry
from sublearn.planning.artifacts import Plan
from sublearn.theory.figures.base import FIGURES
from sublearn.theory.study import TheoryStudy

OF_FIRST_STEPS = {
    "draws", "steps", "rate", "teacher_losses", "inputs", "student_losses", "networks", "adversary", "conditions",
}  # fmt: skip


class TheoryPlan(Plan[TheoryStudy]):
    """All artifacts of a study of the theorem."""

    findings_step = "sublearn.theory.findings"

    def __init__(self, study: TheoryStudy, parent: "TheoryPlan | None" = None) -> None:
        super().__init__(study, parent)
        recipes = {"first_steps": study.model_dump(include=OF_FIRST_STEPS), "trajectories": study.trajectory.model_dump()}
        for name, recipe in recipes.items():
            place = f"results/{study.name}/evaluations"
            self.artifact("evaluations", name, None, recipe, (f"{name}.parquet",), {}, place=place)

    @property
    def figure_registry(self) -> Registry[Any]:
        return FIGURES

    def tables(self) -> list[str]:
        shown = [f"{figure.name}.csv" for figure in FIGURES]
        return [*shown, "claims.csv", *CLOSING]

    def for_findings(self) -> dict[str, Any]:
        """For each condition, the values at which it is tried, as tables write them."""
        return {"conditions": self.study.levels()}

    def findings_inputs(self) -> dict[str, str | list[str]]:
        return {each.key: each.files[0] for each in self.artifacts("evaluations")}

    def caption(self) -> dict[str, Any]:
        study = self.study
        return {
            "draws": study.draws,
            "step": f"{study.conditions.step:g}",
            "runs": study.trajectory.runs,
            "student_steps": study.trajectory.student_steps,
            "teacher_steps": study.trajectory.teacher_steps,
        }
