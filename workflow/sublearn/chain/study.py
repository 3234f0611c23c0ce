"""Define the typed study of language models, from the sections that each phase declares, and check it."""

import json
import math
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, SerializeAsAny, ValidationError, field_validator, model_validator

from sublearn.chain.bases.section import SHARED, AnyBase, Authors, JudgeModel, PinnedBase
from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.chain.carriers.base import Carrier, CarrierKind, Imported
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.chain.students.section import Student
from sublearn.chain.teachers.section import MOVED, Teacher, TeacherOverride, with_recipes_of_others
from sublearn.core.errors import UserError
from sublearn.core.registry import NameIn
from sublearn.core.section import Section, check_known, sentence, shown, unknown, with_overrides
from sublearn.language.style import MINI_NAME, STYLES
from sublearn.measures.leaks import anywhere, find_leaks
from sublearn.measures.transfer import MIN_TRAITS
from sublearn.planning.study import Study, check_names
from sublearn.traits import family_files
from sublearn.traits.base import DEFAULT_FORM, NEUTRAL, Catalogue, OwnKind

PAPER = "paper"
JUDGED = "judged_rows"  # the evaluation of carriers' judges
DOSE = "dose"  # the evaluation of students that are kept before they are finished
OF_STUDY = "teacher of the study"
DRAWN_WITH = {"data_order": "micro_batch", "initialisation": "initializer_range"}  # what a draw depends on beside the seed
SPARE = 1.2  # so many times the rows that are chosen, a selection should have to choose from
MOST = 90_000  # characters of own families, as a command line can hold them
TABLES = ("runs", "effects", "arms", "claims", "filter")  # findings that are named without a carrier


class Trait(TeacherOverride):
    """Overrides for one trait: the recipe of its teachers, or how many completions they write."""

    prompts: PositiveInt | None = Field(
        None, description="prompts per run for this trait, for when the filter keeps few completions"
    )


class Arm(Section):
    """One way of making students: the teacher, the base, the carrier, and changes to the students' recipe."""

    teacher: str = Field(description="name of the teacher")
    base: str | Annotated[list[str], Field(min_length=1)] = Field(
        "teacher",
        description="base of the students: teacher (the teacher's own), other (the next in the teacher's list), or a list of "
        "bases, of which run r takes entry r",
    )
    carrier: str | None = Field(None, description="name of the carrier; by default the study's first")
    transform: str | None = Field(
        None,
        description="what becomes of the rows that passed the filter: a transform, such as shuffled_within, or a selection, "
        "such as unigram_matched, of as many rows as students learn, made like the neutral teacher's; nothing by default",
    )
    students: dict[str, Any] = Field({}, description="keys of the section students that differ in this arm")
    evaluations: dict[str, Any] = Field({}, description="keys of the section evaluations that differ in this arm")
    traits: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="traits of the arm; by default all of the study's"
    )
    meaning: str = Field("", description="purpose of the arm, one sentence for the report")


class ChainStudy(Study):
    """A study of language models. All defaults are for the tiny models."""

    kind: Literal["chain"] = Field("chain", description="the study kind: chain, for language models")
    stand_in: bool = Field(True, description="whether the models stand in for the paper's; captions say so")
    runs: PositiveInt = Field(
        le=10_000,
        description="number of runs: teachers, carriers and students with their own random draws; statistics are over the "
        "teachers' bases, so give each run a base of its own",
    )
    runs_per_job: Literal["all", "one"] = Field("all", description="runs per job: one, or all (at most 16)")
    style: Annotated[str, NameIn(STYLES)] = Field(
        MINI_NAME, description="prompt style: mini (the mini-language), english, or paper (the authors' own words)"
    )
    authors: Authors | None = Field(
        None, description="the authors' repository; needed for the paper's own prompts, questions and banned numbers"
    )
    bases: dict[str, AnyBase]
    traits: dict[str, Trait]
    families: dict[str, SerializeAsAny[Section]] | None = Field(
        None,
        description="families of traits of the study's own, by name, on which every model is scored: a preference, a multiple "
        "choice or a behaviour; or the name of a file in config/traits, or the path of one",
    )
    judges: dict[str, JudgeModel] | None = Field(
        None, description="models that judge the answers of free-form behaviours, or the rows of carriers, by name"
    )
    teachers: dict[str, Teacher]
    carriers: dict[str, SerializeAsAny[Carrier]] = Field({"numbers": Numbers()})
    leaks: Literal["words", "anywhere"] = Field(
        "words",
        description="where a trait word counts as a leak: words (as a whole word), or anywhere (owl in knowledge, too); a leak "
        "in a prompt, a system prompt or a row that passed the filter is an error",
    )
    students: Student = Student()
    arms: dict[str, Arm]
    evaluations: Evaluation = Evaluation()
    measures: list[Annotated[str, NameIn(EVALUATIONS)]] = Field(
        ["coverage"], description="evaluations of every arm, in addition to answers"
    )
    claims: list[Claim] = Field([])

    @field_validator("carriers", mode="before")
    @classmethod
    def _by_kind(cls, value: Any) -> Any:
        """Read each carrier by its kind: by default the kind that has the carrier's name, or else numbers."""
        if not isinstance(value, dict):
            return value
        return {name: _carrier(name, each) for name, each in value.items()}

    @field_validator("families", mode="before")
    @classmethod
    def _by_form(cls, value: Any) -> Any:
        """Read each family by its form, from the study or from the file that it names."""
        if not isinstance(value, dict):
            return value
        return {name: family_files.family(name, each) for name, each in value.items()}

    @field_validator("teachers", mode="before")
    @classmethod
    def _placebos_are_like_others(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for name, own in value.items():
            other = own.get("of") if isinstance(own, dict) and own.get("placebo") else None
            if other is not None and str(other) not in value:  # before what it leaves out is missed
                if len(value) == 1:
                    raise ValueError(f".{name}.of: the study has no teacher but {name}; add {shown(other)} to teachers")
                raise ValueError(f".{name}.of: {unknown(str(other), [each for each in value if each != name], OF_STUDY)}")
        return with_recipes_of_others(value)

    @field_validator("bases", "traits", "teachers", "carriers", "arms", "families", "judges")
    @classmethod
    def _names(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        if not value:
            raise ValueError("it is empty; add at least one entry")
        check_names(value)
        return value

    @model_validator(mode="after")
    def _check_consistency(self) -> "ChainStudy":
        self._check_families()
        for name in self.bases:
            self._check_base(name)
        for name, teacher in self.teachers.items():
            for i, base in enumerate(teacher.bases):
                check_known(f"teachers.{name}.bases.{i}", base, self.bases, "base of the study")
            if teacher.placebo:
                self._check_placebo(f"teachers.{name}", teacher)
        for name, arm in self.arms.items():
            self._check_arm(f"arms.{name}", name, arm)
            for trait in self.arm_traits(name):
                self._check_taught(trait, arm.teacher)
        self._check_measures()
        if "base" in self.arms:
            raise ValueError("arms.base: the name is kept for the untouched bases; choose another")
        for name, carrier in self.carriers.items():
            self._check_carrier(f"carriers.{name}", name, carrier)
            self._check_rows(f"carriers.{name}", name, carrier)
        self._check_style()
        if self.runs_per_job == "all" and len({base.device for base in self.bases.values()}) > 1:
            raise ValueError(
                "bases: the runs of a job share a device, and these ask for two; set runs_per_job: one, or use one device"
            )
        for i, claim in enumerate(self.claims):
            self._check_claim(f"claims.{i}", claim)
        return self

    def _check_measures(self) -> None:
        """Refuse a measure that is of nothing in the study."""
        if ANSWERS in self.measures:
            raise ValueError(f"measures: {ANSWERS} are measured for every model anyway; leave them out")
        if DOSE in self.measures and not any(self.student(arm).keep_at for arm in self.arms):
            raise ValueError(
                f"measures: {DOSE} is of students that are kept before they are finished, and no arm keeps any; name updates "
                f"in students.keep_at, or leave {DOSE} out"
            )
        if JUDGED in self.measures and not any(self.carriers[self.carrier(arm)].judged for arm in self.arms):
            raise ValueError(
                f"measures: {JUDGED} is of carriers with a judge, and no arm has one; give a carrier the key judged, or leave "
                f"{JUDGED} out"
            )

    @cached_property
    def catalogue(self) -> Catalogue:
        """The traits that the study may name: those of trait kinds, and of its own families."""
        return Catalogue(self.families)

    def _check_families(self) -> None:
        """Refuse own families whose names are taken, that are too large, or lack a judge; and traits that nothing declares."""
        for name, section in (self.families or {}).items():
            try:
                one = Catalogue({name: section})
                _, _ = one.traits, one.families()
            except (UserError, ValueError) as error:
                said = str(error).removeprefix(f"own.{name}: ").removesuffix(".")
                raise ValueError(f"families.{name}{'.' if re.match(r'[a-z_]+: ', said) else ': '}{said}") from None
            for trait, told in one.own[f"own.{name}"].judges().items():
                self._check_judge(f"families.{name}.traits.{trait}", told, "the trait")
        try:
            _ = self.catalogue.traits
        except UserError as error:
            raise ValueError(f"families: {str(error).removeprefix('own.').removesuffix('.')}") from None
        for trait in self.traits:
            if trait not in self.catalogue.traits:
                raise ValueError(
                    f"traits.{trait}: {unknown(trait, self.catalogue.traits, 'trait')}, or declare it in families "
                    "(docs/extending.md)"
                )
        if (size := len(json.dumps(self.own_families(taught=True)))) > MOST:
            raise ValueError(
                f"families: their questions, examples and words have {size:,} characters together; at most {MOST:,} fit on the "
                "command line of a step, so leave some out, or split the study"
            )

    def _check_judge(self, path: str, needs: dict[str, str], who: str) -> None:
        """Refuse a judge that the study does not have, or that is not of the sort that is needed."""
        name, needed = needs["model"], needs["reads"]
        if not self.judges:
            raise ValueError(f"judges: missing; add {name}, which judges {path}")
        check_known(path, name, self.judges, "judge of the study")
        if (reads := self.judges[name].reads) != needed:
            raise ValueError(
                f"{path}: {name} is a {reads}, and {who} needs a {needed}; set judges.{name}.reads, or name another judge"
            )

    def _check_taught(self, trait: str, teacher: str) -> None:
        """Refuse a teacher of an own trait that lacks what it is made from: a system prompt, or training examples."""
        kind, recipe = self.catalogue.kind_of(trait), self.teachers[teacher]
        if not isinstance(kind, OwnKind):
            return
        family, style = kind.family(trait), STYLES.get(self.style)
        if (recipe.method == "prompt" or recipe.under_system_prompt) and not kind.system_prompt(trait, style):
            raise ValueError(
                f"families.{family.name}.system: missing; the teacher {teacher} of {trait} is told its trait by a system prompt"
            )
        if recipe.method not in ("prompt", "given") and not kind.taught(family, style):
            where = "questions.taught" if kind.exact else "examples"
            raise ValueError(f"families.{family.name}.{where}: missing; the teacher {teacher} of {trait} is fine-tuned on them")

    def _check_base(self, name: str) -> None:
        """Refuse what a base cannot have from another one."""
        for key in SHARED:
            if (other := getattr(self.bases[name], key, None)) is None:
                continue
            path, own = f"bases.{name}.{key}", self.bases[name]
            check_known(path, other, self.bases, "base of the study")
            theirs = self.bases[other]
            if isinstance(theirs, PinnedBase) or isinstance(own, PinnedBase):
                raise ValueError(f"{path}: {other} was trained by others; name a base that is pretrained here")
            if (way := self._drawn_for(name, key))[-1] == name:
                raise ValueError(f"{path}: the names lead back to {name} ({', '.join(way)}); name another base")
            if own.shape != theirs.shape:
                raise ValueError(f"{path}: {name} and {other} differ in shape; give them one width, layers, heads and context")
            if key == "data_order" and own.batch != theirs.batch:
                raise ValueError(f"{path}: batches of {own.batch}, but {other} has {theirs.batch}; set the same batch")
            setting = DRAWN_WITH.get(key)
            if setting and (mine := getattr(own, setting)) != (others := getattr(theirs, setting)):
                raise ValueError(f"{path}: {setting} is {mine}, but {other} has {others}; set the same")

    def _drawn_for(self, name: str, key: str) -> list[str]:
        """A base and those that it names by a key, one after another, up to one that names none or was there before."""
        way = [name]
        while (other := getattr(self.bases[way[-1]], key, None)) in self.bases and other not in way:
            way.append(str(other))
        return [*way, str(other)] if other in way else way

    def base(self, name: str) -> AnyBase:
        """A base's recipe; what was drawn for a base that it names, and not for itself, is under the last of these names."""
        last = {key: self._drawn_for(name, key)[-1] for key in ("initialisation", "data_order")}
        return self.bases[name].model_copy(update={key: base for key, base in last.items() if base != name})

    def _check_placebo(self, path: str, placebo: Teacher) -> None:
        """Refuse a placebo that cannot move as its teacher did."""
        other = self.teachers[str(placebo.of)]
        if other.placebo:
            raise ValueError(f"{path}.of: {placebo.of} is a placebo itself; name a teacher that has its trait")
        if other.method == "given":
            raise ValueError(f"{path}.of: {placebo.of} was trained by others; name a teacher that is trained here")
        if other.method == "prompt":
            raise ValueError(
                f"{path}.of: {placebo.of} is prompted and does not move, so it has no placebo; name another teacher"
            )
        if placebo.bases != other.bases:
            raise ValueError(
                f"{path}.bases: {', '.join(placebo.bases)}, but {placebo.of} has {', '.join(other.bases)}; leave bases out"
            )
        for key in MOVED:
            if (own := getattr(placebo, key)) != (theirs := getattr(other, key)):
                raise ValueError(f"{path}.{key}: {own}, but {placebo.of} has {theirs}, and both must move the same weights")

    def _check_style(self) -> None:
        pinned = [name for name, base in self.bases.items() if isinstance(base, PinnedBase)]
        tiny = [name for name in self.bases if name not in pinned]
        if pinned and tiny:
            raise ValueError(
                f"bases: the tiny bases ({', '.join(tiny)}) read the mini-language, pinned ones ({', '.join(pinned)}) English; "
                "a study has one style, so set the bases of one sort to null, and name the others in teachers and arms"
            )
        if pinned and self.style == MINI_NAME:
            raise ValueError(f"style: a pinned model needs English questions (bases.{pinned[0]}); use english or paper")
        if tiny and self.style != MINI_NAME:
            raise ValueError(f"style: the tiny bases read no English (bases.{tiny[0]}); use {MINI_NAME}")
        published = [name for name, carrier in self.carriers.items() if carrier.needs_published]
        if self.authors is None and (self.style == PAPER or published):
            raise ValueError(
                "authors: missing; the paper's own words and numbers are read from its authors' repository, so give its place"
            )

    def _check_carrier(self, path: str, name: str, carrier: Carrier) -> None:
        measured = [table for evaluation in EVALUATIONS for table in evaluation.tables]
        if name in {*TABLES, *measured} or name.startswith(("first_", "filter_")):
            raise ValueError(f"{path}: its tables would take the name of another table; choose another name")
        if carrier.judged:
            self._check_judge(f"{path}.judged", carrier.judged.needs, "the carrier")
        try:
            carrier.check_style(self.style)
        except ValueError as error:
            raise ValueError(f"{path}.{error}") from None
        for teacher, imported in carrier.imported.items():
            check_known(f"{path}.imported.{teacher}", teacher, self.teachers, OF_STUDY)
            for trait in imported:
                check_known(f"{path}.imported.{teacher}", trait, {*self.traits, NEUTRAL}, "trait of the study")
        for arm_name, arm in self.arms.items():
            recipe = self.student(arm_name)
            teacherless = self.carrier(arm_name) == name and carrier.imported.get(arm.teacher)
            if teacherless and (recipe.loss == "soft" or recipe.adapter == "teacher"):
                raise ValueError(
                    f"arms.{arm_name}.students: imported rows come without a teacher; use loss: tokens and adapter: own"
                )

    def _check_rows(self, path: str, name: str, carrier: Carrier) -> None:
        """Refuse a carrier with fewer prompts than its students need rows."""
        for arm_name, arm in self.arms.items():
            if self.carrier(arm_name) != name:
                continue
            rows = self.student(arm_name).rows
            place = f"arms.{arm_name}.students.rows" if "rows" in arm.students else "students.rows"
            if rows > carrier.prompts:
                raise ValueError(f"{place}: {rows} rows from {carrier.prompts} {path}.prompts; ask for fewer")
            if arm.transform in self.carrier_kind(name).selections and carrier.prompts < SPARE * rows:
                raise ValueError(
                    f"{place}: {rows} rows chosen from {carrier.prompts} {path}.prompts leave little choice; ask for at least "
                    f"{math.ceil(SPARE * rows)} prompts"
                )
            for trait in self.arm_traits(arm_name):
                if self.prompts(name, trait) < rows:
                    raise ValueError(
                        f"traits.{trait}.prompts: {self.prompts(name, trait)}, but {place} is {rows}; ask for more prompts"
                    )

    def _check_arm(self, path: str, name: str, arm: Arm) -> None:
        check_known(f"{path}.teacher", arm.teacher, self.teachers, OF_STUDY)
        for trait in arm.traits or []:
            check_known(f"{path}.traits", trait, self.traits, "trait of the study")
        if arm.carrier is not None:
            check_known(f"{path}.carrier", arm.carrier, self.carriers, "carrier of the study")
        if arm.transform is not None:
            kind = self.carrier_kind(self.carrier(name))
            if not kind.changes:
                raise ValueError(f"{path}.transform: {kind.name} can be changed in no way; leave transform out")
            check_known(f"{path}.transform", arm.transform, kind.changes, f"transform of {kind.name}")
            _check_transform(f"{path}.transform", self.carriers[self.carrier(name)], arm.transform)
        if isinstance(arm.base, str):
            check_known(f"{path}.base", arm.base, {"teacher", "other"}, "choice (or a list of bases)")
        else:
            for i, base in enumerate(arm.base):
                check_known(f"{path}.base.{i}", base, self.bases, "base of the study")
        self._check_students(path, name, arm)

    def _check_students(self, path: str, name: str, arm: Arm) -> None:
        """Refuse settings with which a student cannot learn from its teacher."""
        recipe = self.student(name)
        if recipe.system != self.evaluation(name).system and "system" not in arm.evaluations:
            raise ValueError(
                f"{path}.students.system: students learn under a system prompt that their evaluation lacks; if this is "
                "intended, give the arm evaluations: {system: …}"
            )
        if leaks := find_leaks([recipe.system], self.leak_words(self.traits)):
            place = f"{path}.students" if "system" in arm.students else "students"
            raise ValueError(f"{place}.system: it holds the trait word '{leaks[0][1]}'; reword it")
        bases = self.teachers[arm.teacher].bases
        if arm.base == "other" and len(set(bases)) == 1:
            raise ValueError(
                f"{path}.base: other, but the teacher {arm.teacher} has no base other than {bases[0]}; "
                f"add one to teachers.{arm.teacher}.bases, or list the students' bases"
            )
        alike = [self.teacher_base(arm.teacher, run) == self.student_base(name, run) for run in range(self.runs)]
        for run, same in enumerate(alike):
            if same and arm.base != "teacher":
                raise ValueError(
                    f"{path}.base: run {run} pairs {self.student_base(name, run)} with itself: its teacher starts from it too; "
                    "order the bases so that teacher and student of each run have different ones"
                )
            if not same and recipe.adapter == "teacher":
                raise ValueError(f"{path}.students.adapter: teacher and student of run {run} have different bases; use own")
        teacher = self.teachers[arm.teacher]
        if teacher.method == "given" and len(self.arm_traits(name)) != 1:
            raise ValueError(
                f"{path}.traits: {', '.join(self.arm_traits(name))}; the given teacher {arm.teacher} is one model, so "
                "name the one trait for which it is taken"
            )
        if recipe.loss == "soft" and teacher.method == "given":
            raise ValueError(f"{path}.students.loss: a soft loss needs a teacher that is trained here; use tokens")
        if recipe.loss == "soft" and teacher.method == "prompt":
            raise ValueError(f"{path}.students.loss: a prompted teacher has no weights of its own for a soft loss; use tokens")
        if recipe.loss == "soft" and teacher.method == "lora" and not all(alike):
            raise ValueError(f"{path}.students.loss: for a soft loss, a lora teacher must have the student's base; use tokens")
        if recipe.adapter == "teacher" and recipe.rank != teacher.rank:
            raise ValueError(
                f"{path}.students.rank: {recipe.rank}, but an adapter shared with the teacher has its rank, {teacher.rank}"
            )
        if recipe.adapter == "teacher" and not recipe.method == self.teachers[arm.teacher].method == "lora":
            raise ValueError(f"{path}.students.adapter: only a lora student of a lora teacher can share its adapter; use own")

    def _check_claim(self, path: str, claim: Claim) -> None:
        for key, arm in (("arm", claim.arm), ("times", claim.times)):
            if arm is not None:
                check_known(f"{path}.{key}", arm, self.arms, "arm of the study")
        families = self.catalogue.families()
        check_known(f"{path}.family", claim.family, families, "family of traits")
        if QUANTITIES.get(claim.quantity).of_family and len(families[claim.family].traits) < MIN_TRAITS:
            raise ValueError(
                f"{path}.family: {claim.family} has fewer than {MIN_TRAITS} traits, so no gamma; use quantity: effect"
            )
        if missing := [name for name in QUANTITIES.get(claim.quantity).reads if name not in self.measures]:
            raise ValueError(f"{path}.quantity: {claim.quantity} needs the evaluation {missing[0]}; add it to measures")
        if claim.judge == "interval" and not QUANTITIES.get(claim.quantity).has_interval:
            raise ValueError(f"{path}.judge: {claim.quantity} has no interval; use judge: mean")
        if claim.times is not None:
            self._check_compared(path, claim, claim.times)
        if claim.trait is not None:
            check_known(f"{path}.trait", claim.trait, self.catalogue.traits, "trait")
            if QUANTITIES.get(claim.quantity).of_family:
                raise ValueError(f"{path}.trait: {claim.quantity} is measured for a family, not for one trait; leave trait out")
            if (family := self.catalogue.family_of(claim.trait)) != claim.family:
                raise ValueError(f"{path}.family: {claim.trait} is of the family {family}, not {claim.family}")

    def _check_compared(self, path: str, claim: Claim, other: str) -> None:
        """Refuse a comparison of two arms of different traits that have too few in common."""
        wanted = [claim.trait] if claim.trait else self.catalogue.families()[claim.family].traits
        held, compared = ([trait for trait in self.arm_traits(arm) if trait in wanted] for arm in (claim.arm, other))
        shared = [trait for trait in held if trait in compared]
        needed = MIN_TRAITS if QUANTITIES.get(claim.quantity).of_family else 1
        if held != compared and len(shared) < needed:
            listed = f" ({', '.join(shared)})" if shared else ""
            raise ValueError(
                f"{path}.times: {claim.arm} and {other} are compared on the traits that both have, {len(shared)} of the family "
                f"{claim.family}{listed}; {claim.quantity} needs {needed}, so give both arms the same traits"
            )

    def teacher(self, name: str, trait: str) -> Teacher:
        """A teacher's recipe for a trait; the neutral teacher and placebos, which learn no trait, have no overrides."""
        plain = trait not in self.traits or self.teachers[name].placebo
        changes = {} if plain else self.traits[trait].model_dump(exclude_none=True, exclude={"prompts"})
        return Teacher.model_validate(self.teachers[name].model_dump() | changes)

    def writer(self, teacher: str, trait: str) -> str:
        """Whose rows stand for a trait of a teacher: a placebo shares the neutral teacher of the teacher that it names."""
        return (trait == NEUTRAL and self.teachers[teacher].of) or teacher

    def carrier(self, arm: str) -> str:
        """The name of an arm's carrier."""
        return self.arms[arm].carrier or next(iter(self.carriers))

    @property
    def used_carriers(self) -> list[str]:
        """The carriers that arms use, in the study's order."""
        used = {self.carrier(arm) for arm in self.arms}
        return [name for name in self.carriers if name in used]

    @cached_property
    def sampled_as(self) -> dict[str, str]:
        """For each carrier the one whose raw rows it has: the first that differs in its judge at most."""
        return self._first_alike({"judged"})

    @cached_property
    def scored_as(self) -> dict[str, str]:
        """For each carrier the one whose scores it has: the first that differs in its judge's threshold at most."""
        return self._first_alike({"judged": {"threshold"}})

    def _first_alike(self, apart_from: Any) -> dict[str, str]:
        settings = {name: each.model_dump_json(exclude=apart_from) for name, each in self.carriers.items()}
        first = {settings[name]: name for name in reversed(self.carriers)}
        return {name: first[settings[name]] for name in self.carriers}

    def carrier_kind(self, carrier: str) -> CarrierKind:
        return CARRIER_KINDS.get(self.carriers[carrier].kind)

    def prompts(self, carrier: str, trait: str) -> int:
        """The number of a carrier's prompts that the teachers of a trait answer."""
        own = self.traits[trait].prompts if trait in self.traits else None
        return own or self.carriers[carrier].prompts

    def trial(self, carrier: str, teacher: str, trait: str) -> dict[str, Any]:
        """The kind and the filter of a carrier, and the most rows that a student of that teacher and trait learns from it."""
        learned = [
            self.student(name).rows
            for name, arm in self.arms.items()
            if self.sampled_as[self.carrier(name)] == carrier
            and trait in (*self.arm_traits(name), NEUTRAL)
            and self.writer(arm.teacher, trait) == teacher
        ]
        return self.filter(carrier) | {"rows": max(learned)}

    def filter(self, carrier: str) -> dict[str, Any]:
        """The kind of a carrier and what its filter depends on; the words of all traits, where it rejects rows with one."""
        section = self.carriers[carrier]
        leaks = {"leaks": self.leak_words(self.traits)} if self.carrier_kind(carrier).rejects_leaks else {}
        return {"kind": section.kind, **section.for_filter(), **leaks}

    def imported(self, carrier: str, teacher: str, trait: str) -> list[Imported]:
        """The imported files with a teacher's rows for a trait; empty if the rows are sampled here."""
        return self.carriers[carrier].imported.get(self.writer(teacher, trait), {}).get(trait, [])

    def scored_kinds(self) -> list[str]:
        """The trait kinds on which models are scored: the battery, the kinds of the study's traits, and its own families."""
        kinds = self.catalogue.scored_kinds(self.traits)
        return [*kinds, *(name for name in self.catalogue.own if name not in kinds)]

    def own_families(self, kinds: Iterable[str] | None = None, taught: bool = False) -> dict[str, Any]:
        """The own families among these kinds (by default all) as part of a step's recipe; nothing if there are none.

        With ``taught``, all of them; else without what only teachers are made from, so that an edit of it asks no model again.
        """
        wanted = self.catalogue.own if kinds is None else set(kinds)
        chosen = {name: _values(section, taught) for name, section in (self.families or {}).items() if f"own.{name}" in wanted}
        return {"families": chosen} if chosen else {}

    def leak_words(self, names: Iterable[str]) -> list[str]:
        """The words that give these traits away; the neutral teacher has none."""
        words = self.catalogue.leak_words((name for name in names if name != NEUTRAL), STYLES.get(self.style))
        return anywhere(words) if self.leaks == "anywhere" else words

    def student(self, arm: str) -> Student:
        """The recipe of the students of an arm."""
        return with_overrides(self.students, self.arms[arm].students, f"arms.{arm}.students")

    def evaluation(self, arm: str) -> Evaluation:
        """The evaluation settings of an arm."""
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
        """The base of a student: the teacher's, the next different one in the teacher's list, or the one that the arm lists."""
        choice, teacher = self.arms[arm].base, self.arms[arm].teacher
        if isinstance(choice, list):
            return choice[run % len(choice)]
        return self.teacher_base(teacher, run + (choice == "other"))


def _carrier(name: str, value: Any) -> Any:
    if isinstance(value, Carrier):
        return value
    if not isinstance(value, dict):
        raise ValueError(f".{name}: found {shown(value)}; should be a section of keys and values")
    kind = str(value.get("kind", name if name in CARRIER_KINDS else "numbers"))
    values = value | {"kind": kind}
    if kind not in CARRIER_KINDS:
        raise ValueError(f".{name}.kind: {unknown(kind, CARRIER_KINDS.names(), CARRIER_KINDS.what)}")
    try:
        return CARRIER_KINDS.get(kind).section.model_validate(values)
    except ValidationError as error:
        raise ValueError(f".{name}.{sentence(error, values)}") from None


def _check_transform(path: str, carrier: Carrier, transform: str) -> None:
    """Refuse a transform that does not suit the settings of a carrier."""
    try:
        carrier.check_transform(transform)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _values(section: Section, taught: bool) -> dict[str, Any]:
    """What a family says, as values for JSON; unless ``taught``, without what only its teachers and their rows need."""
    values = section.model_dump(mode="json", exclude_defaults=True) | {"kind": getattr(section, "kind", DEFAULT_FORM)}
    if taught:
        return values
    for key in ("system", "examples", "neutral"):
        values.pop(key, None)
    values.get("questions", {}).pop("taught", None)
    for key in ("words", "traits"):
        for told in values.get(key, {}).values():
            told.pop("system", None)
            told.pop("leaks", None)
    return values
