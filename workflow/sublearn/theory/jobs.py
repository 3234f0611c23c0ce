"""From the plans of the theorem's studies to jobs: what each rule makes, reads and is told. The rules hold no logic."""

import json
from collections.abc import Callable
from typing import Any

from sublearn.artifacts import Artifact
from sublearn.theory.plan import TheoryPlan
from sublearn.wings import Wing

FIGURES = {
    "alignment": "The theorem, step by step",
    "conditions": "Where each condition fails",
    "trajectory": "Many steps",
}


class TheoryWing(Wing[TheoryPlan]):
    """The studies of the theorem, and what their rules ask beyond what every wing answers."""

    def _evaluation(self, study: str, name: str) -> Artifact:
        return next(each for each in self.named(study).artifacts("evaluations") if each.key == name)

    def file(self, name: str) -> Callable[[Any], str]:
        """A function of the wildcard ``study``: the table of that name, the study's own or its parent's."""
        return lambda wildcards: self._evaluation(wildcards.study, name).files[0]

    def recipe(self, name: str) -> Callable[[Any], str]:
        """A function of the wildcard ``study``: what makes the table of that name, as JSON."""
        return lambda wildcards: json.dumps(self._evaluation(wildcards.study, name).recipe, sort_keys=True)

    def seed(self, wildcards: Any) -> int:
        return self.named(wildcards.study).study.seed

    def conditions(self, wildcards: Any) -> str:
        """For each condition the values at which it is tried, as tables name them, as JSON."""
        return json.dumps(self.named(wildcards.study).study.levels())

    def caption(self, wildcards: Any) -> dict[str, Any]:
        """What the captions of a study's figures say of it."""
        study = self.named(wildcards.study).study
        return {
            "draws": study.draws,
            "step": f"{study.conditions.step:g}",
            "runs": study.trajectory.runs,
            "student_steps": study.trajectory.student_steps,
            "teacher_steps": study.trajectory.teacher_steps,
        }

    def figures(self) -> dict[str, str]:
        return FIGURES

    def targets(self) -> list[str]:
        """Every file of the findings of the chosen studies."""
        found = []
        for plan in self.chosen:
            folder = f"results/{plan.study.name}/findings"
            found += [f"{folder}/{table}.csv" for table in (*FIGURES, "claims")]
            found.append(f"{folder}/summary.md")
            found += [f"{folder}/figures/{figure}.svg" for figure in FIGURES]
        return found
