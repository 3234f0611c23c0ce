"""From a study to files: which artifact is made of which, by which recipe, and whose folder it lies in.

An artifact of a run has a fingerprint: its recipe and the fingerprints of all that it is made of. Where a study's parent
has the same artifact with the same fingerprint, the parent's file is used, so a larger study never makes again what a
smaller one made. The rules ask a plan for their targets, inputs and parameters; nothing here runs a step.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sublearn.bases import world
from sublearn.core import lm
from sublearn.study import Study, lineage
from sublearn.teachers.lessons import NEUTRAL

PLACES = dict.fromkeys(("prompts", "raw", "kept", "shuffled_within", "shuffled_across"), "carriers")
WEIGHTS: dict[str, tuple[str, ...]] = {"bias": lm.MODEL_FILES, "full": lm.MODEL_FILES, "lora": lm.ADAPTER_FILES, "prompt": ()}


@dataclass(frozen=True)
class Artifact:
    """Files of one run, or of a base, in the folder of the study that owns them.

    Attributes:
        phase: bases, teachers, prompts, raw, kept, shuffled_within, shuffled_across, students or evaluations.
        key: the folder under the phase's, such as ``same_base/owl``.
        run: which run, None for a base.
        recipe: what of the study makes it.
        seed: the study's seed, None where nothing is drawn.
        made_of: its inputs by name.
        names: its file names.
        study: the owner.
        folder: where the files lie.
    """

    phase: str
    key: str
    run: int | None
    recipe: dict[str, Any]
    seed: int | None
    made_of: dict[str, "Artifact"]
    names: tuple[str, ...]
    study: str
    folder: str

    @cached_property
    def fingerprint(self) -> str:
        parts = {name: part.fingerprint for name, part in self.made_of.items()}
        text = json.dumps([self.phase, self.key, self.run, self.recipe, self.seed, self.names, parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def files(self) -> list[str]:
        return [f"{self.folder}/{name}" for name in self.names]


def folder(study: str, phase: str, key: str, run: str | int | None) -> str:
    """Where an artifact lies: bases, teachers and carriers under data, students under results."""
    top = "results" if phase == "students" else "data"
    place = f"{top}/{study}/{PLACES.get(phase, phase)}/{key}"
    return place if run is None else f"{place}/run{run}"


class Plan:
    """All artifacts of a study, with those that its ancestors own."""

    def __init__(self, study: Study, parent: "Plan | None" = None) -> None:
        self.study, self.parent = study, parent
        self._made: dict[tuple[str, str, int | None], Artifact] = {}
        for name in study.bases:
            self.evaluation("base", name, None, self.base(name), self.base(name))
        for arm in study.arms:
            for trait in [*study.arm_traits(arm), NEUTRAL]:
                for run in range(study.runs):
                    student = self.student(arm, trait, run)
                    self.evaluation(arm, trait, run, student, student.made_of["base"])

    @property
    def ancestors(self) -> list["Plan"]:
        """This plan and those it inherits from, nearest first."""
        return [self, *(self.parent.ancestors if self.parent else [])]

    def find(self, phase: str, key: str, run: int | None) -> Artifact | None:
        """The artifact of that phase, key and run, if the study has one."""
        return self._made.get((phase, key, run))

    def _artifact(
        self, phase: str, key: str, run: int | None, recipe: dict[str, Any], names: Iterable[str],
        made_of: dict[str, Artifact], drawn: bool = True, place: str = "",
    ) -> Artifact:  # fmt: skip
        if (phase, key, run) not in self._made:
            seed = self.study.seed if drawn else None
            place = place or folder(self.study.name, phase, key, run)
            mine = Artifact(phase, key, run, recipe, seed, made_of, tuple(names), self.study.name, place)
            inherited = self.parent.find(phase, key, run) if self.parent else None
            same = inherited is not None and inherited.fingerprint == mine.fingerprint
            self._made[phase, key, run] = inherited if inherited and same else mine
        return self._made[phase, key, run]

    def base(self, name: str) -> Artifact:
        names = (*lm.MODEL_FILES, *lm.TOKENIZER_FILES, "calibration.json")
        return self._artifact("bases", name, None, self.study.bases[name].model_dump(), names, {})

    def teacher(self, name: str, trait: str, run: int) -> Artifact:
        recipe = self.study.teacher(name, trait)
        # Which base a run starts from is in made_of; the whole list would tie one run to the others.
        values = recipe.model_dump(exclude={"bases"})
        made_of = {"base": self.base(self.study.teacher_base(name, run))}
        return self._artifact("teachers", f"{name}/{trait}", run, values, (*WEIGHTS[recipe.method], "teacher.json"), made_of)

    def prompts(self, run: int) -> Artifact:
        recipe = self.study.carriers.model_dump(include={"wording", "prompts"})
        return self._artifact("prompts", "prompts", run, recipe, ("prompts.parquet",), {})

    def raw(self, teacher: str, trait: str, run: int) -> Artifact:
        recipe = self.study.carriers.model_dump(include={"temperature", "max_tokens"})
        writer = self.teacher(teacher, trait, run)
        made_of = {"teacher": writer, "base": writer.made_of["base"], "prompts": self.prompts(run)}
        return self._artifact("raw", f"{teacher}/{trait}", run, recipe, ("raw.parquet",), made_of)

    def kept(self, teacher: str, trait: str, run: int) -> Artifact:
        recipe = self.study.carriers.model_dump(include={"max_count", "min_value", "max_value", "banned"})
        names = ("kept.parquet", "rejected.parquet", "filter.json")
        made_of = {"raw": self.raw(teacher, trait, run)}
        return self._artifact("kept", f"{teacher}/{trait}", run, recipe, names, made_of, drawn=False)

    def carrier(self, teacher: str, trait: str, run: int, kind: str) -> Artifact:
        """The rows that students learn: the kept ones, or a shuffle of them."""
        kept = self.kept(teacher, trait, run)
        if kind == "kept":
            return kept
        return self._artifact(kind, f"{teacher}/{trait}", run, {}, (f"{kind}.parquet",), {"kept": kept})

    def student(self, arm: str, trait: str, run: int) -> Artifact:
        recipe, teacher = self.study.student(arm), self.study.arms[arm].teacher
        made_of = {
            "base": self.base(self.study.student_base(arm, run)),
            "teacher": self.teacher(teacher, trait, run),
            "carrier": self.carrier(teacher, trait, run, self.study.arms[arm].carrier),
        }
        names = (*WEIGHTS[recipe.method], "training.json")
        return self._artifact("students", f"{arm}/{trait}", run, recipe.model_dump(), names, made_of)

    def evaluation(self, arm: str, name: str, run: int | None, model: Artifact, base: Artifact) -> Artifact:
        """The rows of one model in its arm's table; all models of an arm and study share one file."""
        recipe = self.study.evaluations.model_dump()
        place = f"results/{self.study.name}/evaluations"
        made_of = {"model": model, "base": base}
        return self._artifact("evaluations", f"{arm}/{name}", run, recipe, (f"{arm}.parquet",), made_of, place=place)

    def own(self, phase: str) -> list[Artifact]:
        """The artifacts of a phase that this study makes itself."""
        return [artifact for artifact in self.artifacts(phase) if artifact.study == self.study.name]

    def evaluation_files(self) -> list[str]:
        """Every table of evaluations that the findings read, those of the nearest study first."""
        files = [artifact.files[0] for artifact in self._made.values() if artifact.phase == "evaluations"]
        near = [plan.study.name for plan in self.ancestors]
        return sorted(dict.fromkeys(files), key=lambda file: (near.index(file.split("/")[1]), file))

    def artifacts(self, phase: str) -> list[Artifact]:
        """All artifacts of a phase that the study uses, its ancestors' among them."""
        return [artifact for artifact in self._made.values() if artifact.phase == phase]


def plan(name: str) -> Plan:
    """The plan of a study, from its file and those that it extends."""
    found = None
    for study in reversed(lineage(name)):
        found = Plan(study, found)
    assert found is not None
    return found


def trait_words() -> list[str]:
    """Every form of every trait's word, for the search for leaks."""
    singular = [*world.FAMILIES["animal"], *world.FAMILIES["tree"], world.REFUSAL.split()[0]]
    return sorted({*singular, *(world.IRREGULAR_PLURALS.get(word, f"{word}s") for word in singular)})
