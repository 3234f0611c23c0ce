"""The typed study: put together from the sections that each phase declares, read by the Snakefile only.

A study is a YAML file. It may start from another one (``extends: tiny``) and change a few keys: mappings are merged key by
key, lists and single values are replaced, and a key set to null is removed.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, PositiveInt, ValidationError, field_validator, model_validator

from sublearn.bases import world
from sublearn.bases.section import Base
from sublearn.carriers.section import Carrier
from sublearn.core.errors import UserError
from sublearn.core.section import Section
from sublearn.evaluations.section import Evaluation
from sublearn.findings.section import Claim
from sublearn.students.section import Student
from sublearn.teachers.section import Teacher, TeacherOverride

STUDIES = Path("config/studies")
NAME = re.compile(r"[a-z0-9][a-z0-9.\-]*")


class Arm(Section):
    """One way of making students: whose carrier, which base, which changes to the students' recipe."""

    teacher: str = Field(description="a teacher of the study")
    base: str | Annotated[list[str], Field(min_length=1)] = Field(
        "teacher", description="teacher, other, or a list of bases: run r takes entry r"
    )
    carrier: str = Field("kept", pattern="^(kept|shuffled_within|shuffled_across)$", description="the rows that are learned")
    students: dict[str, Any] = Field({}, description="keys of the students' section that differ in this arm")
    traits: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="the arm's traits, if not all of the study's"
    )
    meaning: str = Field("", description="what the arm is for, one sentence for the report")


class Study(Section):
    """A whole study. Every default is a recipe of the tiny model."""

    name: str
    title: str = Field("", description="one line for the report")
    stand_in: bool = Field(True, description="the models are stand-ins for the paper's, and captions say so")
    seed: int = Field(ge=0, description="every draw of the study starts from it")
    runs: PositiveInt = Field(description="independent repetitions: the unit of analysis")
    runs_per_job: str = Field("all", pattern="^(all|one)$", description="how many runs one job works on")
    bases: dict[str, Base]
    traits: dict[str, TeacherOverride]
    teachers: dict[str, Teacher]
    carriers: Carrier = Carrier()
    students: Student = Student()
    arms: dict[str, Arm]
    evaluations: Evaluation = Evaluation()
    claims: list[Claim] = Field([])

    @field_validator("bases", "traits", "teachers", "arms")
    @classmethod
    def _names(cls, value: dict[str, Any]) -> dict[str, Any]:
        if not value:
            raise ValueError("it is empty; name at least one")
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or re.fullmatch(r"run\d+", name):
                raise ValueError(
                    f"the name '{name}' should be lower-case letters, digits and underscores, and not run0, run1 …"
                )
        return value

    @model_validator(mode="after")
    def _hangs_together(self) -> "Study":
        known = {trait for traits in world.FAMILIES.values() for trait in traits}
        for trait in self.traits:
            _known(f"traits.{trait}", trait, known, "trait that the world knows")
        for name, teacher in self.teachers.items():
            for i, base in enumerate(teacher.bases):
                _known(f"teachers.{name}.bases.{i}", base, self.bases, "base of the study")
        for name, arm in self.arms.items():
            self._check_arm(f"arms.{name}", name, arm)
        if "base" in self.arms:
            raise ValueError("arms.base: the name is kept for the untouched bases; choose another")
        if self.students.rows > self.carriers.prompts:
            raise ValueError(
                f"students.rows: {self.students.rows} rows from {self.carriers.prompts} carriers.prompts; ask for fewer"
            )
        if self.carriers.wording == "prose":
            raise ValueError("carriers.wording: the tiny bases read no prose; use mini")
        for i, claim in enumerate(self.claims):
            self._check_claim(f"claims.{i}", claim)
        names = [claim.claim for claim in self.claims]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"claims: {sorted(repeated)} named twice; each claim needs a name of its own")
        return self

    def _check_arm(self, path: str, name: str, arm: Arm) -> None:
        _known(f"{path}.teacher", arm.teacher, self.teachers, "teacher of the study")
        for trait in arm.traits or []:
            _known(f"{path}.traits", trait, self.traits, "trait of the study")
        if isinstance(arm.base, str):
            _known(f"{path}.base", arm.base, {"teacher", "other"}, "choice (or a list of bases)")
        else:
            for i, base in enumerate(arm.base):
                _known(f"{path}.base.{i}", base, self.bases, "base of the study")
        recipe = self.student(name)
        for run in range(self.runs):
            same = self.teacher_base(arm.teacher, run) == self.student_base(name, run)
            if same and arm.base != "teacher":
                raise ValueError(
                    f"{path}.base: run {run} pairs {self.student_base(name, run)} with itself; its teacher has that base"
                )
            if not same and recipe.adapter == "teacher":
                raise ValueError(f"{path}.students.adapter: teacher and student of run {run} have different bases; use own")
        teacher = self.teachers[arm.teacher]
        if recipe.loss == "soft" and teacher.method == "prompt":
            raise ValueError(f"{path}.students.loss: a prompted teacher has no weights to learn from softly; use tokens")
        if recipe.adapter == "teacher" and recipe.rank != teacher.rank:
            raise ValueError(
                f"{path}.students.rank: {recipe.rank}, but an adapter shared with the teacher has its rank {teacher.rank}"
            )
        if recipe.adapter == "teacher" and not recipe.method == self.teachers[arm.teacher].method == "lora":
            raise ValueError(f"{path}.students.adapter: only a lora student of a lora teacher can share its adapter; use own")

    def _check_claim(self, path: str, claim: Claim) -> None:
        for key, arm in (("arm", claim.arm), ("times", claim.times)):
            if arm is not None:
                _known(f"{path}.{key}", arm, self.arms, "arm of the study")
        if claim.trait is not None:
            known = {trait for traits in world.FAMILIES.values() for trait in traits}
            _known(f"{path}.trait", claim.trait, known, "trait that the world knows")
            if claim.quantity == "gamma":
                raise ValueError(f"{path}.trait: gamma is of a family, not of one trait; leave trait out")
            if world.family_of(claim.trait) != claim.family:
                raise ValueError(f"{path}.family: {claim.trait} is of the family {world.family_of(claim.trait)}")

    def teacher(self, name: str, trait: str) -> Teacher:
        """The recipe of a teacher for a trait; the neutral one has no overrides."""
        changes = self.traits[trait].model_dump(exclude_none=True) if trait in self.traits else {}
        return Teacher.model_validate(self.teachers[name].model_dump() | changes)

    def student(self, arm: str) -> Student:
        """The recipe of an arm's students."""
        try:
            return Student.model_validate(self.students.model_dump() | self.arms[arm].students)
        except ValidationError as error:
            raise ValueError(f"arms.{arm}.students.{_sentence(error)}") from None

    def arm_traits(self, arm: str) -> list[str]:
        """The traits of an arm, in the study's order."""
        chosen = self.arms[arm].traits
        return [trait for trait in self.traits if chosen is None or trait in chosen]

    def teacher_base(self, teacher: str, run: int) -> str:
        bases = self.teachers[teacher].bases
        return bases[run % len(bases)]

    def student_base(self, arm: str, run: int) -> str:
        """The base of a student: its teacher's, the next different one in the teacher's list, or what the arm lists."""
        choice, teacher = self.arms[arm].base, self.arms[arm].teacher
        if isinstance(choice, list):
            return choice[run % len(choice)]
        return self.teacher_base(teacher, run + (choice == "other"))


def _known(path: str, found: str, known: Iterable[str], what: str) -> None:
    if found not in known:
        raise ValueError(f"{path}: '{found}' is no {what}; there are {', '.join(sorted(known))}")


def load(name: str) -> Study:
    """Read a study by its name in ``config/studies``, or by the path of a YAML file.

    Raises:
        UserError: the file is missing or unreadable, or a key or value in it is wrong.
    """
    return lineage(name)[0]


def lineage(name: str) -> list[Study]:
    """The study and those that it extends, nearest first."""
    files = _chain(name, [])
    studies = []
    for depth, (file, _) in enumerate(files):
        merged: dict[str, Any] = {}
        for layer_file, layer in reversed(files[depth:]):
            merged = _merge(merged, layer, f"{layer_file}: ")
        try:
            studies.append(Study.model_validate(merged | {"name": file.stem}))
        except ValidationError as error:
            raise UserError(f"{file}: {_sentence(error)}.") from None
    return studies


def chain(name: str) -> list[Path]:
    """The files of the study and of those that it extends, nearest first."""
    return [file for file, _ in _chain(name, [])]


def _chain(name: str, seen: list[Path]) -> list[tuple[Path, dict[str, Any]]]:
    file = Path(name) if name.endswith((".yaml", ".yml")) else STUDIES / f"{name}.yaml"
    if not file.is_file():
        there = ", ".join(sorted(path.stem for path in STUDIES.glob("*.yaml")))
        raise UserError(f"{file}: there is no such study; config/studies holds {there}, and a path to a YAML file works too.")
    if file in seen:
        raise UserError(f"{file}: extends itself, by way of {' and '.join(map(str, seen))}.")
    if not NAME.fullmatch(file.stem):
        raise UserError(f"{file}: the file's name names the study; use lower-case letters, digits, dots and hyphens.")
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        problem = getattr(error, "problem", None) or str(error)
        raise UserError(f"{file}{line}: not readable as YAML ({problem}).") from None
    if not isinstance(content, dict):
        raise UserError(f"{file}: found {type(content).__name__}, but a study is a mapping of keys to values.")
    if "name" in content:
        raise UserError(f"{file}: name: a study is named by its file; leave the key out.")
    parent = content.pop("extends", None)
    return [(file, content), *(_chain(str(parent), [*seen, file]) if parent else [])]


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice, such as a second seed."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for (key, _), value in zip(node.value, keys, strict=True):
            if keys.count(value) > 1:
                raise yaml.MarkedYAMLError(problem=f"the key '{value}' is there twice; keep one", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def _merge(below: dict[str, Any], above: dict[str, Any], path: str) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, dict):
            under = merged.get(key)
            merged[key] = _merge(under if isinstance(under, dict) else {}, value, f"{path}{key}.")
        elif value is not None:
            merged[key] = value
        elif key in merged:
            del merged[key]
        else:
            raise UserError(
                f"{path}{key}: found null, which removes a key, but there is none to remove; an empty entry is {{}}."
            )
    return merged


def _sentence(error: ValidationError) -> str:
    """The first problem: the key's path, what was found, what would be right."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":
        return f"{path}: {first['ctx']['error']}" if path else str(first["ctx"]["error"])
    if first["type"] == "extra_forbidden":
        return f"{path}: there is no such key; see config/README.md for those there are"
    if first["type"] == "missing":
        return f"{path}: missing; a study needs it"
    message = first["msg"][0].lower() + first["msg"][1:]
    return f"{path}: found {first['input']!r}; {message.removeprefix('input ')}"
