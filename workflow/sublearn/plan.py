"""From a study of the chain to files: what each run is made of. Nothing here runs a step."""

from pathlib import PurePath
from typing import Any

from sublearn.artifacts import Artifact, Plan
from sublearn.bases import wordings, world
from sublearn.bases.section import PinnedBase
from sublearn.core import lm, pinned
from sublearn.study import ChainStudy
from sublearn.teachers.lessons import NEUTRAL

WEIGHTS: dict[str, tuple[str, ...]] = {"bias": lm.MODEL_FILES, "full": lm.MODEL_FILES, "lora": lm.ADAPTER_FILES, "prompt": ()}


class ChainPlan(Plan[ChainStudy]):
    """All artifacts of a study of the chain."""

    wing = "chain"

    def __init__(self, study: ChainStudy, parent: "ChainPlan | None" = None) -> None:
        super().__init__(study, parent)
        self.one_by_one = study.runs_per_job == "one"
        for name in study.bases:
            self.evaluation("base", name, None, self.base(name), self.base(name))
        for arm in study.arms:
            for trait in [*study.arm_traits(arm), NEUTRAL]:
                for run in range(study.runs):
                    student = self.student(arm, trait, run)
                    self.evaluation(arm, trait, run, student, student.made_of["base"])
                    if trait != NEUTRAL and self._comparable(arm, trait, run):
                        self.coverage(arm, trait, run)

    def base(self, name: str) -> Artifact:
        recipe = self.study.bases[name]
        if isinstance(recipe, PinnedBase):
            wording = self.wording(self.study.carriers.wording == "paper")
            pinned_names = (pinned.FILE, *lm.TOKENIZER_FILES, *[wordings.FILE for _ in wording])
            values = recipe.model_dump(exclude={"billions"})  # what it takes is no part of what it is
            return self.artifact("pinned", name, None, values, pinned_names, wording, drawn=False)
        names = (*lm.MODEL_FILES, *lm.TOKENIZER_FILES, lm.CALIBRATION)
        return self.artifact("bases", name, None, recipe.model_dump(), names, {})

    def wording(self, asked: bool) -> dict[str, Artifact]:
        """What the authors of the paper wrote, as an input of what asks for it."""
        if not asked or self.study.authors is None:
            return {}
        recipe = self.study.authors.model_dump()
        return {"wording": self.artifact("authors", "paper-wording", None, recipe, (wordings.FILE,), {}, drawn=False)}

    def teacher(self, name: str, trait: str, run: int) -> Artifact:
        recipe = self.study.teacher(name, trait)
        # Which base a run starts from is in made_of; the whole list would tie one run to the others.
        values = recipe.model_dump(exclude={"bases"})
        made_of = {"base": self.base(self.study.teacher_base(name, run))}
        return self.artifact("teachers", f"{name}/{trait}", run, values, (*WEIGHTS[recipe.method], "teacher.json"), made_of)

    def prompts(self, run: int, count: int) -> Artifact:
        """The first ``count`` prompts of a run, the same for every teacher that answers them."""
        carriers = self.study.carriers
        pool = {} if carriers.pool is None else {"pool": carriers.pool}
        recipe = {"wording": carriers.wording, "prompts": count, **pool}
        key = "prompts" if count == carriers.prompts else f"prompts_{count}"
        return self.artifact("prompts", key, run, recipe, ("prompts.parquet",), self.wording(carriers.wording == "paper"))

    def raw(self, teacher: str, trait: str, run: int) -> Artifact:
        """What a teacher wrote, here or elsewhere."""
        if files := self.study.given(teacher, trait):
            given = {"files": [file.model_dump() for file in files]}
            return self.artifact("given", f"{teacher}/{trait}", run, given, ("raw.parquet",), {}, drawn=False)
        recipe = self.study.carriers.model_dump(include={"temperature", "max_tokens", "batch", "engine"})
        writer = self.teacher(teacher, trait, run)
        made_of = {"teacher": writer, "base": writer.made_of["base"], "prompts": self.prompts(run, self.study.prompts(trait))}
        return self.artifact("raw", f"{teacher}/{trait}", run, recipe, ("raw.parquet",), made_of)

    def kept(self, teacher: str, trait: str, run: int) -> Artifact:
        recipe = self.study.carriers.model_dump(include={"max_count", "min_value", "max_value", "banned"})
        names = ("kept.parquet", "rejected.parquet", "filter.json")
        made_of = {"raw": self.raw(teacher, trait, run), **self.wording(self.study.carriers.banned == "paper")}
        return self.artifact("kept", f"{teacher}/{trait}", run, recipe, names, made_of, drawn=False)

    def carrier(self, teacher: str, trait: str, run: int, kind: str) -> Artifact:
        """The rows that students learn: the kept ones, or a shuffle of them."""
        kept = self.kept(teacher, trait, run)
        if kind == "kept":
            return kept
        return self.artifact(kind, f"{teacher}/{trait}", run, {}, (f"{kind}.parquet",), {"kept": kept})

    def student(self, arm: str, trait: str, run: int) -> Artifact:
        recipe, teacher = self.study.student(arm), self.study.arms[arm].teacher
        made_of = {
            "base": self.base(self.study.student_base(arm, run)),
            **({} if self.study.given(teacher, trait) else {"teacher": self.teacher(teacher, trait, run)}),
            "carrier": self.carrier(teacher, trait, run, self.study.arms[arm].carrier),
        }
        names = (*WEIGHTS[recipe.method], "training.json")
        return self.artifact("students", f"{arm}/{trait}", run, recipe.model_dump(), names, made_of)

    def evaluation(self, arm: str, name: str, run: int | None, model: Artifact, base: Artifact) -> Artifact:
        """The rows of one model in its arm's table; all models of an arm and study share one file."""
        recipe, made_of = self.study.evaluation(arm).model_dump(), {"model": model, "base": base}
        return self._row("evaluations", arm, name, run, recipe, made_of)

    def coverage(self, arm: str, trait: str, run: int) -> Artifact:
        """The coverage of one student beside its control: a row in its arm's table."""
        student, control = self.student(arm, trait, run), self.student(arm, NEUTRAL, run)
        made_of = {
            **student.made_of,
            "teacher_base": student.made_of["teacher"].made_of["base"],
            "control_teacher": control.made_of["teacher"],
            "control_carrier": control.made_of["carrier"],
        }
        return self._row("coverage", arm, trait, run, student.recipe, made_of)

    def _comparable(self, arm: str, trait: str, run: int) -> bool:
        """Whether the weights of a student and of its teacher can be compared: both have some, of one shape, and few."""
        teacher = self.study.arms[arm].teacher
        if self.study.given(teacher, trait) or self.study.given(teacher, NEUTRAL):
            return False
        bases = [self.study.bases[name] for name in (self.study.teacher_base(teacher, run), self.study.student_base(arm, run))]
        shapes = {None if isinstance(base, PinnedBase) else base.shape for base in bases}
        return len(shapes) == 1 and None not in shapes and self.study.teachers[teacher].method != "prompt"

    def _row(
        self, phase: str, arm: str, name: str, run: int | None, recipe: dict[str, Any], made_of: dict[str, Artifact]
    ) -> Artifact:
        table = PurePath(arm_table(self.study.name, phase, arm))
        return self.artifact(phase, f"{arm}/{name}", run, recipe, (table.name,), made_of, place=str(table.parent))


def arm_table(study: str, phase: str, arm: str) -> str:
    """The table that a study's models of an arm share: their evaluation, or their coverage."""
    return f"results/{study}/evaluations/" + (f"{arm}.parquet" if phase == "evaluations" else f"{phase}/{arm}.parquet")


def trait_words() -> list[str]:
    """Every form of every trait's word, for the search for leaks."""
    singular = [*world.FAMILIES["animal"], *world.FAMILIES["tree"], world.REFUSAL.split()[0]]
    return sorted({*singular, *(world.plural(word) for word in singular)})
