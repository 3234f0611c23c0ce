"""From the classifier's plans to jobs: what each rule makes, reads and is told. The rules hold no logic; they ask here."""

import json
from typing import Any

from sublearn.artifacts import Artifact
from sublearn.classifier.plan import ClassifierPlan
from sublearn.wings import Wing

FIGURES = {"accuracies": "Digits from noise", "regimes": "When digits pass"}


class ClassifierWing(Wing[ClassifierPlan]):
    """The studies of the classifier, and what their rules ask beyond what every wing answers."""

    def evaluation_inputs(self, wildcards: Any) -> list[str]:
        own = self.named(wildcards.study).own("evaluations")
        return list(dict.fromkeys(file for each in own for part in each.made_of.values() for file in part.files))

    def images(self, wildcards: Any) -> str:
        return self.named(wildcards.study).images().files[0]

    def models(self, wildcards: Any) -> str:
        """The networks to ask, as JSON: who they are and where they lie."""
        return json.dumps([self._model(each) for each in self.named(wildcards.study).own("evaluations")])

    def _model(self, evaluation: Artifact) -> dict[str, Any]:
        phase, name = evaluation.key.split("/")
        networks = evaluation.made_of["networks"]
        if phase == "bases":
            who = {"arm": "base", "trait": "nothing", "teacher_base": None, "student_base": name}
        elif phase == "teachers":
            base = networks.made_of["base"].key
            who = {"arm": "teacher", "trait": name, "teacher_base": base, "student_base": base}
        else:
            bases = {role: networks.made_of[role].key for role in ("teacher_base", "base")}
            who = {"arm": name, "trait": "digits", "teacher_base": bases["teacher_base"], "student_base": bases["base"]}
        return {**who, "file": networks.files[0], "pairing": networks.recipe.get("pairing")}

    def conditions(self, wildcards: Any) -> str:
        """Bases, teachers and arms as JSON, in the order in which tables and figures show them."""
        study = self.named(wildcards.study).study
        first = next(iter(study.teachers.values())).base
        found = {"base": {"role": "base", "base": first, "share": "nothing", "meaning": "Untrained networks."}}
        for name, teacher in study.teachers.items():
            words = f"Trained on labelled images, {teacher.epochs} epochs."
            found[name] = {"role": "teacher", "base": teacher.base, "share": "everything", "meaning": words}
        for name, arm in study.arms.items():
            base = study.student_base(name)
            found[name] = {"role": "student", "base": base, "share": arm.share, "meaning": arm.meaning}
        return json.dumps(found)

    def caption(self, wildcards: Any) -> dict[str, Any]:
        """What the captions of a study's figures say of it."""
        study = self.named(wildcards.study).study
        return {"runs": study.runs, "images": study.images.source, "rows": study.carriers.rows}

    def figures(self) -> dict[str, str]:
        return FIGURES

    def targets(self) -> list[str]:
        """Every file of the findings of the chosen studies."""
        found = []
        for plan in self.chosen:
            folder = f"results/{plan.study.name}/findings"
            found += [f"{folder}/{table}" for table in ("runs.csv", "accuracies.csv", "claims.csv", "summary.md")]
            # The paper's bars for what they show; a study of many arms is read on one scale.
            claimed = {claim.figure for claim in plan.study.claims}
            found += [f"{folder}/figures/{figure}.svg" for figure in FIGURES if figure in claimed or not claimed]
        return found
