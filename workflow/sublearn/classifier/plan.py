"""Turn a study of the classifier into artifacts; one file holds all networks of a condition. Nothing here runs a step."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sublearn.classifier import idx
from sublearn.classifier.figures.base import FIGURES
from sublearn.classifier.section import SOURCES
from sublearn.classifier.study import ClassifierStudy
from sublearn.core.findings import CLOSING
from sublearn.core.registry import Registry
from sublearn.planning.artifacts import FILE, FOLDER, Artifact, Own, Plan

NETWORKS = ("networks.safetensors", "training.json")


class ClassifierPlan(Plan[ClassifierStudy]):
    """All artifacts of a study of the classifier."""

    findings_step = "sublearn.classifier.findings"

    def __init__(self, study: ClassifierStudy, parent: "ClassifierPlan | None" = None) -> None:
        super().__init__(study, parent)
        self.common = {"runs": study.runs, "device": study.device}
        for name in study.bases:
            self.evaluation("bases", name, self.base(name))
        for name in study.teachers:
            self.evaluation("teachers", name, self.teacher(name))
        for arm in study.arms:
            self.evaluation("students", arm, self.student(arm))

    def following(self, kind: str) -> frozenset[str]:
        return frozenset(NETWORKS[1:])

    def own_files(self) -> Iterator[Own]:
        if self.study.images.source not in SOURCES:
            yield Own("images.source", self.study.images.source, self.images(), (FILE, FOLDER))

    def images(self) -> Artifact:
        recipe = self.study.images.model_dump()
        return self.artifact("images", "images", None, recipe, ("images.safetensors",), self._source())

    def _source(self) -> dict[str, Artifact]:
        """The user's own files of images, if there are any: an input like any other, so Snakemake notices a change."""
        if self.study.images.source in SOURCES:
            return {}
        path = Path(os.path.expanduser(self.study.images.source))
        folder = path if path.is_dir() else path.parent
        names = tuple(file.name for file in idx.files(path)) if path.is_dir() else (path.name,)
        return {"source": Artifact("source", str(path), None, {}, None, {}, names, "", str(folder))}

    def base(self, name: str) -> Artifact:
        recipe = {**self.study.bases[name].model_dump(), "runs": self.study.runs}
        return self.artifact("bases", name, None, recipe, ("networks.safetensors",), {"images": self.images()})

    def teacher(self, name: str) -> Artifact:
        recipe = self.study.teachers[name]
        values = recipe.model_dump(exclude={"base"}) | self.common
        inputs = {"images": self.images(), "base": self.base(recipe.base)}
        return self.artifact("teachers", name, None, values, NETWORKS, inputs)

    def carrier(self, teacher: str, inputs: str) -> Artifact:
        values = self.study.carriers.model_dump() | {"inputs": inputs} | self.common
        read = {"images": self.images(), "teacher": self.teacher(teacher)}
        return self.artifact("carriers", f"{teacher}/{inputs}", None, values, ("logits.safetensors",), read)

    def student(self, name: str) -> Artifact:
        arm, carrier = self.study.arms[name], self.carrier(self.study.arms[name].teacher, self.study.arms[name].inputs)
        values = self.study.student(name).model_dump() | carrier.recipe
        values |= {"share": arm.share, "pairing": self.study.partners() if arm.share != "everything" else None}
        inputs = {
            "images": self.images(),
            "teacher_base": self.base(self.study.teachers[arm.teacher].base),
            "base": self.base(self.study.student_base(name)),
            "carrier": carrier,
        }
        return self.artifact("students", name, None, values, NETWORKS, inputs)

    def evaluation(self, phase: str, name: str, networks: Artifact) -> Artifact:
        """The rows of one condition; all conditions that a study owns share one file."""
        place = f"results/{self.study.name}/evaluations"
        inputs = {"networks": networks, "images": self.images()}
        return self.artifact(
            "evaluations", f"{phase}/{name}", None, {}, ("accuracies.parquet",), inputs, drawn=False, place=place
        )

    # Findings

    @property
    def figure_registry(self) -> Registry[Any]:
        return FIGURES

    def tables(self) -> list[str]:
        return ["runs.csv", "accuracies.csv", "claims.csv", *CLOSING]

    def for_findings(self) -> dict[str, Any]:
        """Bases, teachers and arms, in the order in which tables and figures show them."""
        study = self.study
        first = next(iter(study.teachers.values())).base
        conditions = {"base": {"role": "base", "base": first, "share": "nothing", "meaning": "Untrained networks."}}
        for name, teacher in study.teachers.items():
            words = f"Trained on labelled images, {teacher.epochs} epochs."
            conditions[name] = {"role": "teacher", "base": teacher.base, "share": "everything", "meaning": words}
        for name, arm in study.arms.items():
            base = study.student_base(name)
            conditions[name] = {"role": "student", "base": base, "share": arm.share, "meaning": arm.meaning}
        return {"conditions": conditions}

    def findings_inputs(self) -> dict[str, str | list[str]]:
        return {"evaluations": self.evaluation_files()}

    def caption(self) -> dict[str, Any]:
        return {"runs": self.study.runs, "images": self.study.images.source, "rows": self.study.carriers.rows}
