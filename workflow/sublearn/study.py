"""The typed study of the chain: put together from the sections that each phase declares, read by the Snakefile only."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from sublearn.bases import world
from sublearn.bases.section import AnyBase, Authors, PinnedBase
from sublearn.carriers.section import Carrier, Given
from sublearn.core.section import Section, changed, known
from sublearn.core.study import Study
from sublearn.evaluations.section import Evaluation
from sublearn.findings.section import MIN_TRAITS, Claim
from sublearn.students.section import Student
from sublearn.teachers.lessons import NEUTRAL
from sublearn.teachers.section import Teacher, TeacherOverride

TRAITS = [trait for traits in world.FAMILIES.values() for trait in traits]


class Trait(TeacherOverride):
    """What is different for one trait: its teachers, or how many completions they write."""

    prompts: PositiveInt | None = Field(None, description="more prompts, where the filter keeps few completions")


class Arm(Section):
    """One way of making students: whose carrier, which base, which changes to the students' recipe."""

    teacher: str = Field(description="a teacher of the study")
    base: str | Annotated[list[str], Field(min_length=1)] = Field(
        "teacher", description="teacher, other, or a list of bases: run r takes entry r"
    )
    carrier: Literal["kept", "shuffled_within", "shuffled_across"] = Field(
        "kept", description="the rows that are learned: as the filter kept them, or with their numbers shuffled"
    )
    students: dict[str, Any] = Field({}, description="keys of the students' section that differ in this arm")
    evaluations: dict[str, Any] = Field({}, description="keys of the evaluations' section that differ in this arm")
    traits: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="the arm's traits, if not all of the study's"
    )
    meaning: str = Field("", description="what the arm is for, one sentence for the report")


class ChainStudy(Study):
    """A whole study of the chain. Every default is a recipe of the tiny model."""

    wing: Literal["chain"] = Field("chain", description="chain, the language models")
    stand_in: bool = Field(True, description="the models are stand-ins for the paper's, and captions say so")
    runs: PositiveInt = Field(description="independent repetitions: the unit of analysis")
    runs_per_job: Literal["all", "one"] = Field("all", description="how many runs a job works on: one, or all (at most 16)")
    authors: Authors | None = Field(None, description="the authors' repository, for the paper's own wording")
    bases: dict[str, AnyBase]
    traits: dict[str, Trait]
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
    def _hangs_together(self) -> "ChainStudy":
        for trait in self.traits:
            known(f"traits.{trait}", trait, TRAITS, "trait that the world knows")
        for name, teacher in self.teachers.items():
            for i, base in enumerate(teacher.bases):
                known(f"teachers.{name}.bases.{i}", base, self.bases, "base of the study")
        for name, arm in self.arms.items():
            self._check_arm(f"arms.{name}", name, arm)
        if "base" in self.arms:
            raise ValueError("arms.base: the name is kept for the untouched bases; choose another")
        if self.students.rows > self.carriers.prompts:
            raise ValueError(
                f"students.rows: {self.students.rows} rows from {self.carriers.prompts} carriers.prompts; ask for fewer"
            )
        for trait in self.traits:
            if self.prompts(trait) < self.students.rows:
                raise ValueError(f"traits.{trait}.prompts: {self.prompts(trait)}, but students.rows is {self.students.rows}")
        self._check_wording()
        if self.runs_per_job == "all" and len({base.device for base in self.bases.values()}) > 1:
            raise ValueError(
                "bases: the runs of a job share a device, and these ask for two; say runs_per_job: one, or one device"
            )
        self._check_given()
        for i, claim in enumerate(self.claims):
            self._check_claim(f"claims.{i}", claim)
        return self

    def _check_wording(self) -> None:
        for name, base in self.bases.items():
            if isinstance(base, PinnedBase) and self.carriers.wording == "mini":
                raise ValueError(f"carriers.wording: a pinned model is asked in prose (bases.{name}); use prose or paper")
            if not isinstance(base, PinnedBase) and self.carriers.wording != "mini":
                raise ValueError(f"carriers.wording: the tiny bases read no prose (bases.{name}); use mini")
        if self.authors is None and "paper" in (self.carriers.wording, self.carriers.banned):
            raise ValueError(
                "authors: missing; the paper's own words and numbers are read from its authors' repository, so say where it is"
            )

    def _check_given(self) -> None:
        for name, traits in self.carriers.given.items():
            known(f"carriers.given.{name}", name, self.teachers, "teacher of the study")
            for trait in traits:
                known(f"carriers.given.{name}", trait, {*self.traits, NEUTRAL}, "trait of the study")
        for name, arm in self.arms.items():
            recipe = self.student(name)
            if self.carriers.given.get(arm.teacher) and (recipe.loss == "soft" or recipe.adapter == "teacher"):
                raise ValueError(f"arms.{name}.students: given rows come without a teacher; use loss: tokens and adapter: own")

    def _check_arm(self, path: str, name: str, arm: Arm) -> None:
        known(f"{path}.teacher", arm.teacher, self.teachers, "teacher of the study")
        for trait in arm.traits or []:
            known(f"{path}.traits", trait, self.traits, "trait of the study")
        if isinstance(arm.base, str):
            known(f"{path}.base", arm.base, {"teacher", "other"}, "choice (or a list of bases)")
        else:
            for i, base in enumerate(arm.base):
                known(f"{path}.base.{i}", base, self.bases, "base of the study")
        recipe = self.student(name)
        if recipe.system != self.evaluation(name).system and "system" not in arm.evaluations:
            raise ValueError(
                f"{path}.students.system: students learn under a system prompt that their evaluation lacks; give the arm "
                "evaluations: {system: …} to say that this is meant"
            )
        alike = [self.teacher_base(arm.teacher, run) == self.student_base(name, run) for run in range(self.runs)]
        for run, same in enumerate(alike):
            if same and arm.base != "teacher":
                raise ValueError(
                    f"{path}.base: run {run} pairs {self.student_base(name, run)} with itself; its teacher has that base"
                )
            if not same and recipe.adapter == "teacher":
                raise ValueError(f"{path}.students.adapter: teacher and student of run {run} have different bases; use own")
        teacher = self.teachers[arm.teacher]
        if recipe.loss == "soft" and teacher.method == "prompt":
            raise ValueError(f"{path}.students.loss: a prompted teacher has no weights to learn from softly; use tokens")
        if recipe.loss == "soft" and teacher.method == "lora" and not all(alike):
            raise ValueError(f"{path}.students.loss: a lora teacher on another base cannot be learned from softly; use tokens")
        if recipe.adapter == "teacher" and recipe.rank != teacher.rank:
            raise ValueError(
                f"{path}.students.rank: {recipe.rank}, but an adapter shared with the teacher has its rank {teacher.rank}"
            )
        if recipe.adapter == "teacher" and not recipe.method == self.teachers[arm.teacher].method == "lora":
            raise ValueError(f"{path}.students.adapter: only a lora student of a lora teacher can share its adapter; use own")

    def _check_claim(self, path: str, claim: Claim) -> None:
        for key, arm in (("arm", claim.arm), ("times", claim.times)):
            if arm is not None:
                known(f"{path}.{key}", arm, self.arms, "arm of the study")
        if claim.quantity == "gamma" and len(world.FAMILIES[claim.family]) < MIN_TRAITS:
            raise ValueError(
                f"{path}.family: {claim.family} has fewer than {MIN_TRAITS} traits, so no gamma; ask for the effect"
            )
        if claim.trait is not None:
            known(f"{path}.trait", claim.trait, TRAITS, "trait that the world knows")
            if claim.quantity == "gamma":
                raise ValueError(f"{path}.trait: gamma is of a family, not of one trait; leave trait out")
            if world.family_of(claim.trait) != claim.family:
                raise ValueError(f"{path}.family: {claim.trait} is of the family {world.family_of(claim.trait)}")

    def teacher(self, name: str, trait: str) -> Teacher:
        """The recipe of a teacher for a trait; the neutral one has no overrides."""
        changes = self.traits[trait].model_dump(exclude_none=True, exclude={"prompts"}) if trait in self.traits else {}
        return Teacher.model_validate(self.teachers[name].model_dump() | changes)

    def prompts(self, trait: str) -> int:
        """How many prompts the teachers of a trait answer."""
        own = self.traits[trait].prompts if trait in self.traits else None
        return own or self.carriers.prompts

    def given(self, teacher: str, trait: str) -> list[Given]:
        """The files of a teacher's rows for a trait that are not sampled here; none where they are."""
        return self.carriers.given.get(teacher, {}).get(trait, [])

    def student(self, arm: str) -> Student:
        """The recipe of an arm's students."""
        return changed(self.students, self.arms[arm].students, f"arms.{arm}.students")

    def evaluation(self, arm: str) -> Evaluation:
        """How an arm's students are asked."""
        return changed(self.evaluations, self.arms[arm].evaluations if arm in self.arms else {}, f"arms.{arm}.evaluations")

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
