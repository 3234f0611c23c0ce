"""Define the typed study of language models, from the sections that each phase declares, and check it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, SerializeAsAny, ValidationError, field_validator, model_validator

from sublearn.chain.bases.section import AnyBase, Authors, JudgeModel
from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.chain.carriers.base import Carrier, CarrierKind, Imported
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.checks import OF_STUDY, check_sections
from sublearn.chain.evaluations.base import EVALUATIONS
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.findings.section import Claim
from sublearn.chain.students.section import Student
from sublearn.chain.teachers.section import Teacher, TeacherOverride, with_recipes_of_others
from sublearn.core.registry import NameIn
from sublearn.core.section import Section, sentence, shown, unknown, with_overrides
from sublearn.language.style import MINI_NAME, STYLES
from sublearn.measures.leaks import anywhere
from sublearn.planning.study import Study, check_names
from sublearn.traits import family_files
from sublearn.traits.base import DEFAULT_FORM, NEUTRAL, Catalogue


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
            theirs = value.get(str(other))
            if isinstance(theirs, dict) and theirs.get("placebo"):
                raise ValueError(f".{name}.of: {other} is a placebo itself; name a teacher that has its trait")
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
    def _sections_agree(self) -> "ChainStudy":
        check_sections(self)
        return self

    @cached_property
    def catalogue(self) -> Catalogue:
        """The traits that the study may name: those of trait kinds, and of its own families."""
        return Catalogue(self.families)

    def drawn_for(self, name: str, key: str) -> list[str]:
        """A base and those that it names by a key, one after another, up to one that names none or was there before."""
        way = [name]
        while (other := getattr(self.bases[way[-1]], key, None)) in self.bases and other not in way:
            way.append(str(other))
        return [*way, str(other)] if other in way else way

    def base(self, name: str) -> AnyBase:
        """A base's recipe; what was drawn for a base that it names, and not for itself, is under the last of these names."""
        last = {key: self.drawn_for(name, key)[-1] for key in ("initialisation", "data_order")}
        return self.bases[name].model_copy(update={key: base for key, base in last.items() if base != name})

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
