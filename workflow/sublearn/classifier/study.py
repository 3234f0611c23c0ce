"""The study of the classifier: digits from noise (the paper's section 6.2)."""

from typing import Any, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from sublearn.classifier.claim import Claim
from sublearn.classifier.section import Base, Carrier, Images, Student, Teacher
from sublearn.core.section import Section, check_known, with_overrides
from sublearn.planning.study import Study, check_names


class Arm(Section):
    """One way of making students: whose carrier, which base, and which of the teacher's initial weights a student shares."""

    teacher: str = Field(description="a teacher of the study")
    base: str | None = Field(None, description="the students' base; if not given, the teacher's")
    share: Literal["everything", "head", "body", "nothing"] = Field(
        "everything", description="which initial weights are the teacher's: all, the output layer, all other layers, or none"
    )
    inputs: Literal["noise", "images"] = Field("noise", description="uniform noise, or training images")
    students: dict[str, Any] = Field({}, description="keys of the section students that differ in this arm")
    meaning: str = Field("", description="purpose of the arm, one sentence for the report")


class ClassifierStudy(Study):
    """A study of the classifier."""

    kind: Literal["classifier"] = Field(description="the study kind: classifier, digits from noise")
    runs: PositiveInt = Field(
        le=10_000, description="networks per arm, trained side by side; the network is the unit of analysis"
    )
    device: Literal["cpu", "auto"] = Field("cpu", description="cpu, or auto: a GPU if there is one")
    pairing: list[int] | None = Field(
        None,
        description="by run, the run whose base supplies the weights that are not the teacher's; if not given, the next run",
    )
    images: Images = Images()
    bases: dict[str, Base]
    teachers: dict[str, Teacher]
    carriers: Carrier = Carrier()
    students: Student = Student()
    arms: dict[str, Arm]
    claims: list[Claim] = Field([])

    @field_validator("bases", "teachers", "arms")
    @classmethod
    def _names(cls, value: dict[str, Any]) -> dict[str, Any]:
        if not value:
            raise ValueError("it is empty; name at least one")
        check_names(value, "base")
        return value

    @model_validator(mode="after")
    def _check_consistency(self) -> "ClassifierStudy":
        for name, teacher in self.teachers.items():
            check_known(f"teachers.{name}.base", teacher.base, self.bases, "base of the study")
        for name, arm in self.arms.items():
            self._check_arm(f"arms.{name}", name, arm)
        if both := set(self.arms) & set(self.teachers):
            raise ValueError(f"arms.{min(both)}: a teacher has the same name; choose another")
        for i, claim in enumerate(self.claims):
            for key, measured in (("arm", claim.arm), ("times", claim.times or "base"), ("over", claim.over or "base")):
                check_known(f"claims.{i}.{key}", measured, {*self.arms, *self.teachers, "base"}, "arm or teacher of the study")
        if self.pairing is not None:
            self._check_pairing(self.pairing)
        return self

    def _check_arm(self, path: str, name: str, arm: Arm) -> None:
        check_known(f"{path}.teacher", arm.teacher, self.teachers, "teacher of the study")
        check_known(f"{path}.base", self.student_base(name), self.bases, "base of the study")
        recipe = self.student(name)
        teacher_base, student_base = self.bases[self.teachers[arm.teacher].base], self.bases[self.student_base(name)]
        if student_base.auxiliary != teacher_base.auxiliary:
            raise ValueError(
                f"{path}.base: {student_base.auxiliary} auxiliary logits where its teacher has {teacher_base.auxiliary}; "
                "use the same number"
            )
        fits = {
            "everything": student_base.hidden == teacher_base.hidden,
            "body": student_base.hidden == teacher_base.hidden,
            "head": student_base.hidden[-1] == teacher_base.hidden[-1],
            "nothing": True,
        }
        if not fits[arm.share]:
            raise ValueError(
                f"{path}.share: layers of {student_base.hidden} and {teacher_base.hidden} cannot share {arm.share}"
            )
        if (student_base.auxiliary, recipe.logits, recipe.loss) == (1, "auxiliary", "kl"):
            raise ValueError(f"{path}.students.loss: the softmax of one auxiliary logit says nothing; use squared")
        if self.runs == 1 and arm.share != "everything":
            raise ValueError(f"{path}.share: with 1 run there is no other run's base to take weights from; use 2 or more runs")

    def _check_pairing(self, pairing: list[int]) -> None:
        if sorted(pairing) != list(range(self.runs)):
            raise ValueError(f"pairing: found {pairing}; each run from 0 to {self.runs - 1} is needed once")
        if fixed := [run for run, other in enumerate(pairing) if run == other]:
            raise ValueError(
                f"pairing: run {fixed[0]} is paired with itself, so it would share its teacher's base; choose another"
            )

    def student(self, arm: str) -> Student:
        """The recipe of an arm's students."""
        return with_overrides(self.students, self.arms[arm].students, f"arms.{arm}.students")

    def student_base(self, arm: str) -> str:
        return self.arms[arm].base or self.teachers[self.arms[arm].teacher].base

    def partners(self) -> list[int]:
        """By run, the run whose base supplies the weights that are not the teacher's: a derangement."""
        return self.pairing or [(run + 1) % self.runs for run in range(self.runs)]
