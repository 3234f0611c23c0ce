"""Turn the classifier's plans into jobs: the outputs, inputs and parameters of each rule. The rules hold no logic."""

import json
from typing import Any

from sublearn.classifier.plan import ClassifierPlan
from sublearn.planning.artifacts import Artifact
from sublearn.planning.jobs import Jobs


class ClassifierJobs(Jobs[ClassifierPlan]):
    """The jobs of the classifier's studies; rules call the methods with the wildcard ``study``."""

    def evaluation_inputs(self, wildcards: Any) -> list[str]:
        own = self.named(wildcards.study).own("evaluations")
        return list(dict.fromkeys(file for each in own for part in each.inputs.values() for file in part.files))

    def images(self, wildcards: Any) -> str:
        return self.named(wildcards.study).images().files[0]

    def models(self, wildcards: Any) -> str:
        """The networks to evaluate, as JSON: their columns of the table, and their files."""
        return json.dumps([self._model(each) for each in self.named(wildcards.study).own("evaluations")])

    def _model(self, evaluation: Artifact) -> dict[str, Any]:
        phase, name = evaluation.key.split("/")
        networks = evaluation.inputs["networks"]
        if phase == "bases":
            columns = {"arm": "base", "trait": "nothing", "teacher_base": None, "student_base": name}
        elif phase == "teachers":
            base = networks.inputs["base"].key
            columns = {"arm": "teacher", "trait": name, "teacher_base": base, "student_base": base}
        else:
            bases = {role: networks.inputs[role].key for role in ("teacher_base", "base")}
            columns = {"arm": name, "trait": "digits", "teacher_base": bases["teacher_base"], "student_base": bases["base"]}
        return {**columns, "file": networks.files[0], "pairing": networks.recipe.get("pairing")}
