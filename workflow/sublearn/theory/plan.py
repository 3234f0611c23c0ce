"""From a study of the theorem to files. Nothing here runs a step.

A draw's bases, teachers and students live for milliseconds in one process: what is stored is the evaluations, two tables.
"""

from sublearn.artifacts import Plan
from sublearn.theory.study import TheoryStudy

OF_FIRST_STEPS = {
    "draws", "steps", "rate", "teacher_losses", "inputs", "student_losses", "networks", "adversary", "conditions",
}  # fmt: skip


class TheoryPlan(Plan[TheoryStudy]):
    """All artifacts of a study of the theorem."""

    wing = "theory"

    def __init__(self, study: TheoryStudy, parent: "TheoryPlan | None" = None) -> None:
        super().__init__(study, parent)
        recipes = {"first_steps": study.model_dump(include=OF_FIRST_STEPS), "trajectories": study.trajectory.model_dump()}
        for name, recipe in recipes.items():
            place = f"results/{study.name}/evaluations"
            self.artifact("evaluations", name, None, recipe, (f"{name}.parquet",), {}, place=place)
