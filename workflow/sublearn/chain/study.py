"""The typed study of the main workflow: put together from the sections that each phase declares, read when jobs are planned."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, SerializeAsAny, ValidationError, field_validator, model_validator

from sublearn.chain.bases.section import AnyBase, Authors, PinnedBase
from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.chain.carriers.base import Carrier, CarrierKind, Imported
from sublearn.chain.carriers.numbers.kind import Numbers
from sublearn.chain.evaluations.base import EVALUATIONS
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.chain.students.section import Student
from sublearn.chain.teachers.section import Teacher, TeacherOverride
from sublearn.core.registry import NameIn
from sublearn.core.section import Section, check_known, sentence, unknown, with_overrides
from sublearn.language.style import MINI_NAME, STYLES
from sublearn.measures.transfer import MIN_TRAITS
from sublearn.planning.study import Study
from sublearn.traits.base import NEUTRAL, families, family_of, scored_kinds, traits

PAPER = "paper"


class Trait(TeacherOverride):
    """What is different for one trait: its teachers, or how many completions they write."""

    prompts: PositiveInt | None = Field(None, description="more prompts, where the filter keeps few completions")


class Arm(Section):
    """One way of making students: whose carrier, which base, which changes to the students' recipe."""

    teacher: str = Field(description="a teacher of the study")
    base: str | Annotated[list[str], Field(min_length=1)] = Field(
        "teacher", description="teacher, other, or a list of bases: run r takes entry r"
    )
    carrier: str | None = Field(None, description="a carrier of the study; its first, if none is named")
    transform: str | None = Field(
        None, description="what is done to the rows that passed the filter, such as shuffled_within; nothing, if none is named"
    )
    students: dict[str, Any] = Field({}, description="keys of the students' section that differ in this arm")
    evaluations: dict[str, Any] = Field({}, description="keys of the evaluations' section that differ in this arm")
    traits: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="the arm's traits, if not all of the study's"
    )
    meaning: str = Field("", description="what the arm is for, one sentence for the report")


class ChainStudy(Study):
    """A study of the main workflow. Every default is a recipe of the tiny model."""

    kind: Literal["chain"] = Field("chain", description="chain, the language models")
    stand_in: bool = Field(True, description="the models are stand-ins for the paper's, and captions say so")
    runs: PositiveInt = Field(description="independent repetitions: the unit of analysis")
    runs_per_job: Literal["all", "one"] = Field("all", description="how many runs a job works on: one, or all (at most 16)")
    style: Annotated[str, NameIn(STYLES)] = Field(
        MINI_NAME, description="how models are spoken to: mini (the mini-language), english, or paper (the authors' own words)"
    )
    authors: Authors | None = Field(None, description="the authors' repository, for the paper's own prompts and questions")
    bases: dict[str, AnyBase]
    traits: dict[str, Trait]
    teachers: dict[str, Teacher]
    carriers: dict[str, SerializeAsAny[Carrier]] = Field({"numbers": Numbers()})
    students: Student = Student()
    arms: dict[str, Arm]
    evaluations: Evaluation = Evaluation()
    measures: list[Annotated[str, NameIn(EVALUATIONS)]] = Field(
        ["coverage"], description="what is measured of every arm beside its answers"
    )
    claims: list[Claim] = Field([])

    @field_validator("carriers", mode="before")
    @classmethod
    def _by_kind(cls, value: Any) -> Any:
        """Read each carrier as its kind says; its name is its kind, where there is such a kind and none is named."""
        if not isinstance(value, dict):
            return value
        return {name: _carrier(name, each) for name, each in value.items()}

    @field_validator("bases", "traits", "teachers", "carriers", "arms")
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
    def _check_consistency(self) -> "ChainStudy":
        for trait in self.traits:
            check_known(f"traits.{trait}", trait, traits(), "trait")
        for name, teacher in self.teachers.items():
            for i, base in enumerate(teacher.bases):
                check_known(f"teachers.{name}.bases.{i}", base, self.bases, "base of the study")
        for name, arm in self.arms.items():
            self._check_arm(f"arms.{name}", name, arm)
        if "base" in self.arms:
            raise ValueError("arms.base: the name is kept for the untouched bases; choose another")
        for name, carrier in self.carriers.items():
            self._check_carrier(f"carriers.{name}", name, carrier)
        self._check_style()
        if self.runs_per_job == "all" and len({base.device for base in self.bases.values()}) > 1:
            raise ValueError(
                "bases: the runs of a job share a device, and these ask for two; say runs_per_job: one, or one device"
            )
        for i, claim in enumerate(self.claims):
            self._check_claim(f"claims.{i}", claim)
        return self

    def _check_style(self) -> None:
        for name, base in self.bases.items():
            if isinstance(base, PinnedBase) and self.style == MINI_NAME:
                raise ValueError(f"style: a pinned model is asked in English (bases.{name}); use english or paper")
            if not isinstance(base, PinnedBase) and self.style != MINI_NAME:
                raise ValueError(f"style: the tiny bases read no English (bases.{name}); use {MINI_NAME}")
        published = [name for name, carrier in self.carriers.items() if carrier.needs_published]
        if self.authors is None and (self.style == PAPER or published):
            raise ValueError(
                "authors: missing; the paper's own words and numbers are read from its authors' repository, so say where it is"
            )

    def _check_carrier(self, path: str, name: str, carrier: Carrier) -> None:
        used = any(self.carrier(arm) == name for arm in self.arms)
        if used and self.students.rows > carrier.prompts:
            raise ValueError(f"students.rows: {self.students.rows} rows from {carrier.prompts} {path}.prompts; ask for fewer")
        for trait in self.traits:
            if used and self.prompts(name, trait) < self.students.rows:
                raise ValueError(
                    f"traits.{trait}.prompts: {self.prompts(name, trait)}, but students.rows is {self.students.rows}"
                )
        try:
            carrier.check_style(self.style)
        except ValueError as error:
            raise ValueError(f"{path}.{error}") from None
        for teacher, given in carrier.imported.items():
            check_known(f"{path}.imported.{teacher}", teacher, self.teachers, "teacher of the study")
            for trait in given:
                check_known(f"{path}.imported.{teacher}", trait, {*self.traits, NEUTRAL}, "trait of the study")
        for arm_name, arm in self.arms.items():
            recipe = self.student(arm_name)
            teacherless = self.carrier(arm_name) == name and carrier.imported.get(arm.teacher)
            if teacherless and (recipe.loss == "soft" or recipe.adapter == "teacher"):
                raise ValueError(
                    f"arms.{arm_name}.students: imported rows come without a teacher; use loss: tokens and adapter: own"
                )

    def _check_arm(self, path: str, name: str, arm: Arm) -> None:
        check_known(f"{path}.teacher", arm.teacher, self.teachers, "teacher of the study")
        for trait in arm.traits or []:
            check_known(f"{path}.traits", trait, self.traits, "trait of the study")
        if arm.carrier is not None:
            check_known(f"{path}.carrier", arm.carrier, self.carriers, "carrier of the study")
        if arm.transform is not None:
            kind = self.carrier_kind(self.carrier(name))
            check_known(f"{path}.transform", arm.transform, kind.transforms, f"transform of {kind.name}")
        if isinstance(arm.base, str):
            check_known(f"{path}.base", arm.base, {"teacher", "other"}, "choice (or a list of bases)")
        else:
            for i, base in enumerate(arm.base):
                check_known(f"{path}.base.{i}", base, self.bases, "base of the study")
        self._check_students(path, name, arm)

    def _check_students(self, path: str, name: str, arm: Arm) -> None:
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
                check_known(f"{path}.{key}", arm, self.arms, "arm of the study")
        check_known(f"{path}.family", claim.family, families(), "family of traits")
        if QUANTITIES.get(claim.quantity).of_family and len(families()[claim.family].traits) < MIN_TRAITS:
            raise ValueError(
                f"{path}.family: {claim.family} has fewer than {MIN_TRAITS} traits, so no gamma; ask for the effect"
            )
        if claim.trait is not None:
            check_known(f"{path}.trait", claim.trait, traits(), "trait")
            if QUANTITIES.get(claim.quantity).of_family:
                raise ValueError(f"{path}.trait: {claim.quantity} is of a family, not of one trait; leave trait out")
            if family_of(claim.trait) != claim.family:
                raise ValueError(f"{path}.family: {claim.trait} is of the family {family_of(claim.trait)}")

    def teacher(self, name: str, trait: str) -> Teacher:
        """The recipe of a teacher for a trait; the neutral one has no overrides."""
        changes = self.traits[trait].model_dump(exclude_none=True, exclude={"prompts"}) if trait in self.traits else {}
        return Teacher.model_validate(self.teachers[name].model_dump() | changes)

    def carrier(self, arm: str) -> str:
        """The name of an arm's carrier."""
        return self.arms[arm].carrier or next(iter(self.carriers))

    def carrier_kind(self, carrier: str) -> CarrierKind:
        return CARRIER_KINDS.get(self.carriers[carrier].kind)

    def prompts(self, carrier: str, trait: str) -> int:
        """How many prompts of a carrier the teachers of a trait answer."""
        own = self.traits[trait].prompts if trait in self.traits else None
        return own or self.carriers[carrier].prompts

    def imported(self, carrier: str, teacher: str, trait: str) -> list[Imported]:
        """The files of a teacher's rows for a trait that are not sampled here; none where they are."""
        return self.carriers[carrier].imported.get(teacher, {}).get(trait, [])

    def scored_kinds(self) -> list[str]:
        """The trait kinds on which models are scored: the battery, and those of the study's own traits."""
        return scored_kinds(self.traits)

    def student(self, arm: str) -> Student:
        """The recipe of an arm's students."""
        return with_overrides(self.students, self.arms[arm].students, f"arms.{arm}.students")

    def evaluation(self, arm: str) -> Evaluation:
        """How an arm's students are asked."""
        return with_overrides(
            self.evaluations, self.arms[arm].evaluations if arm in self.arms else {}, f"arms.{arm}.evaluations"
        )

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


def _carrier(name: str, value: Any) -> Any:
    if isinstance(value, Carrier):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"{name}: found {value!r}; should be a section of keys and values")
    kind = str(value.get("kind", name if name in CARRIER_KINDS else "numbers"))
    values = value | {"kind": kind}
    if kind not in CARRIER_KINDS:
        raise ValueError(f"{name}.kind: {unknown(kind, CARRIER_KINDS.names(), CARRIER_KINDS.what)}")
    try:
        return CARRIER_KINDS.get(kind).section.model_validate(values)
    except ValidationError as error:
        raise ValueError(f"{name}.{sentence(error, values)}") from None
