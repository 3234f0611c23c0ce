"""Check that the sections of a study of language models agree: what one of them names, another one has and can do."""

import json
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sublearn.chain.bases.section import SHARED, PinnedBase
from sublearn.chain.bases.tokenizer import unknown_words
from sublearn.chain.carriers.base import Carrier
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.chain.students.section import Student
from sublearn.chain.teachers.section import MOVED, Recipe, Teacher
from sublearn.core.errors import UserError
from sublearn.core.section import check_known, unknown
from sublearn.language.style import MINI_NAME, STYLES
from sublearn.measures.leaks import find_leaks
from sublearn.measures.transfer import MIN_TRAITS
from sublearn.traits.base import NEUTRAL, Catalogue, OwnKind

if TYPE_CHECKING:
    from sublearn.chain.study import Arm, ChainStudy

PAPER = "paper"
JUDGED = "judged_rows"  # the evaluation of carriers' judges
DOSE = "dose"  # the evaluation of students that are kept before they are finished
OF_STUDY = "teacher of the study"
DRAWN_WITH = {"data_order": "micro_batch", "initialisation": "initializer_range"}  # what a draw depends on beside the seed
SPARE = 1.2  # so many times the rows that are chosen, a selection should have to choose from
MOST = 90_000  # characters of own families, as a command line can hold them
TABLES = ("runs", "effects", "arms", "claims", "filter")  # findings that are named without a carrier


def check_sections(study: "ChainStudy") -> None:
    """Refuse sections that do not agree. Raises ValueError: the path of the key, what was found, and what would be right."""
    _check_families(study)
    for name in study.bases:
        _check_base(study, name)
    for name, teacher in study.teachers.items():
        for i, base in enumerate(teacher.bases):
            check_known(f"teachers.{name}.bases.{i}", base, study.bases, "base of the study")
        _check_frozen(study, f"teachers.{name}", teacher, teacher.bases)
        if teacher.placebo:
            _check_placebo(study, f"teachers.{name}", teacher)
    for name, arm in study.arms.items():
        _check_arm(study, f"arms.{name}", name, arm)
        for trait in study.arm_traits(name):
            _check_taught(study, trait, arm.teacher)
    _check_measures(study)
    if "base" in study.arms:
        raise ValueError("arms.base: the name is kept for the untouched bases; choose another")
    for name, carrier in study.carriers.items():
        _check_carrier(study, f"carriers.{name}", name, carrier)
        _check_rows(study, f"carriers.{name}", name, carrier)
    _check_style(study)
    _check_words(study)
    if study.runs_per_job == "all" and len({base.device for base in study.bases.values()}) > 1:
        raise ValueError(
            "bases: the runs of a job share a device, and these ask for two; set runs_per_job: one, or use one device"
        )
    for i, claim in enumerate(study.claims):
        _check_claim(study, f"claims.{i}", claim)


def _check_families(study: "ChainStudy") -> None:
    """Refuse own families whose names are taken, that are too large, or lack a judge; and traits that nothing declares."""
    for name, section in (study.families or {}).items():
        try:
            one = Catalogue({name: section})
            _, _ = one.traits, one.families()
        except (UserError, ValueError) as error:
            said = str(error).removeprefix(f"own.{name}: ").removesuffix(".")
            raise ValueError(f"families.{name}{'.' if re.match(r'[a-z_]+: ', said) else ': '}{said}") from None
        for trait, told in one.own[f"own.{name}"].judges().items():
            _check_judge(study, f"families.{name}.traits.{trait}", told, "the trait")
    try:
        _ = study.catalogue.traits
    except UserError as error:
        raise ValueError(f"families: {str(error).removeprefix('own.').removesuffix('.')}") from None
    for trait in study.traits:
        if trait not in study.catalogue.traits:
            raise ValueError(
                f"traits.{trait}: {unknown(trait, study.catalogue.traits, 'trait')}, or declare it in families "
                "(docs/extending.md)"
            )
    if (size := len(json.dumps(study.own_families(taught=True)))) > MOST:
        raise ValueError(
            f"families: their questions, examples and words have {size:,} characters together; at most {MOST:,} fit on the "
            "command line of a step, so leave some out, or split the study"
        )


def _check_words(study: "ChainStudy") -> None:
    """Refuse own questions and answers that tiny bases cannot read, before any base is pretrained."""
    if study.style != MINI_NAME:
        return
    style = STYLES.get(MINI_NAME)
    for kind in study.catalogue.own.values():
        for family in kind.families:
            asked, taught = kind.evaluated(family, style), kind.taught(family, style)
            answers = [answer for trait in family.traits for each in asked for answer in kind.answers(trait, each, style)]
            learned = [answer for each in taught for _, answer in each.options]
            for text in dict.fromkeys([*(each.text for each in [*asked, *taught]), *answers, *learned]):
                if odd := unknown_words(text):
                    raise ValueError(
                        f"families.{family.name}: the tiny bases do not know {odd[0]!r} of {text!r}; they read only the "
                        "mini-language, so use its words ('which color do you love most ?'), or take a model of the hub"
                    )


def _check_judge(study: "ChainStudy", path: str, needs: dict[str, str], who: str) -> None:
    """Refuse a judge that the study does not have, or that is not of the sort that is needed."""
    name, needed = needs["model"], needs["reads"]
    if not study.judges:
        raise ValueError(f"judges: missing; add {name}, which judges {path}")
    check_known(path, name, study.judges, "judge of the study")
    if (reads := study.judges[name].reads) != needed:
        raise ValueError(
            f"{path}: {name} is a {reads}, and {who} needs a {needed}; set judges.{name}.reads, or name another judge"
        )


def _check_base(study: "ChainStudy", name: str) -> None:
    """Refuse what a base cannot have from another one."""
    for key in SHARED:
        if (other := getattr(study.bases[name], key, None)) is None:
            continue
        path, own = f"bases.{name}.{key}", study.bases[name]
        check_known(path, other, study.bases, "base of the study")
        theirs = study.bases[other]
        if isinstance(theirs, PinnedBase) or isinstance(own, PinnedBase):
            raise ValueError(f"{path}: {other} was trained by others; name a base that is pretrained here")
        if (way := study.drawn_for(name, key))[-1] == name:
            raise ValueError(f"{path}: the names lead back to {name} ({', '.join(way)}); name another base")
        if own.shape != theirs.shape:
            raise ValueError(f"{path}: {name} and {other} differ in shape; give them one width, layers, heads and context")
        if key == "data_order" and own.batch != theirs.batch:
            raise ValueError(f"{path}: batches of {own.batch}, but {other} has {theirs.batch}; set the same batch")
        setting = DRAWN_WITH.get(key)
        if setting and (mine := getattr(own, setting)) != (others := getattr(theirs, setting)):
            raise ValueError(f"{path}: {setting} is {mine}, but {other} has {others}; set the same")


def _check_frozen(study: "ChainStudy", path: str, recipe: Recipe | Student, bases: Iterable[str]) -> None:
    """Refuse to freeze more blocks than a base has; how many a pinned one has is known when it is there."""
    for name in bases if recipe.method == "bitfit" else ():
        base = study.bases[name]
        if not isinstance(base, PinnedBase) and recipe.frozen_blocks > base.layers:
            raise ValueError(f"{path}.frozen_blocks: {recipe.frozen_blocks}, but {name} has {base.layers} blocks; freeze fewer")


def _check_placebo(study: "ChainStudy", path: str, placebo: Teacher) -> None:
    """Refuse a placebo that cannot move as its teacher did."""
    other = study.teachers[str(placebo.of)]
    if other.method == "given":
        raise ValueError(f"{path}.of: {placebo.of} was trained by others; name a teacher that is trained here")
    if other.method == "prompt":
        raise ValueError(f"{path}.of: {placebo.of} is prompted and does not move, so it has no placebo; name another teacher")
    if placebo.bases != other.bases:
        raise ValueError(
            f"{path}.bases: {', '.join(placebo.bases)}, but {placebo.of} has {', '.join(other.bases)}; leave bases out"
        )
    for key in MOVED:
        if (own := getattr(placebo, key)) != (theirs := getattr(other, key)):
            raise ValueError(f"{path}.{key}: {own}, but {placebo.of} has {theirs}, and both must move the same weights")


def _check_arm(study: "ChainStudy", path: str, name: str, arm: "Arm") -> None:
    check_known(f"{path}.teacher", arm.teacher, study.teachers, OF_STUDY)
    for trait in arm.traits or []:
        check_known(f"{path}.traits", trait, study.traits, "trait of the study")
    if arm.carrier is not None:
        check_known(f"{path}.carrier", arm.carrier, study.carriers, "carrier of the study")
    if arm.transform is not None:
        kind = study.carrier_kind(study.carrier(name))
        if not kind.changes:
            raise ValueError(f"{path}.transform: {kind.name} can be changed in no way; leave transform out")
        check_known(f"{path}.transform", arm.transform, kind.changes, f"transform of {kind.name}")
        _check_transform(f"{path}.transform", study.carriers[study.carrier(name)], arm.transform)
    if isinstance(arm.base, str):
        check_known(f"{path}.base", arm.base, {"teacher", "other"}, "choice (or a list of bases)")
    else:
        for i, base in enumerate(arm.base):
            check_known(f"{path}.base.{i}", base, study.bases, "base of the study")
    _check_students(study, path, name, arm)


def _check_students(study: "ChainStudy", path: str, name: str, arm: "Arm") -> None:
    """Refuse settings with which a student cannot learn from its teacher."""
    recipe = study.student(name)
    if recipe.system != study.evaluation(name).system and "system" not in arm.evaluations:
        raise ValueError(
            f"{path}.students.system: students learn under a system prompt that their evaluation lacks; if this is "
            "intended, give the arm evaluations: {system: …}"
        )
    if leaks := find_leaks([recipe.system], study.leak_words(study.traits)):
        place = f"{path}.students" if "system" in arm.students else "students"
        raise ValueError(f"{place}.system: it holds the trait word '{leaks[0][1]}'; reword it")
    place = f"{path}.students" if "frozen_blocks" in arm.students else "students"
    _check_frozen(study, place, recipe, (study.student_base(name, run) for run in range(study.runs)))
    bases = study.teachers[arm.teacher].bases
    if arm.base == "other" and len(set(bases)) == 1:
        raise ValueError(
            f"{path}.base: other, but the teacher {arm.teacher} has no base other than {bases[0]}; "
            f"add one to teachers.{arm.teacher}.bases, or list the students' bases"
        )
    alike = [study.teacher_base(arm.teacher, run) == study.student_base(name, run) for run in range(study.runs)]
    for run, same in enumerate(alike):
        if same and arm.base != "teacher":
            raise ValueError(
                f"{path}.base: run {run} pairs {study.student_base(name, run)} with itself: its teacher starts from it too; "
                "order the bases so that teacher and student of each run have different ones"
            )
        if not same and recipe.adapter == "teacher":
            raise ValueError(f"{path}.students.adapter: teacher and student of run {run} have different bases; use own")
    teacher = study.teachers[arm.teacher]
    if teacher.method == "given" and len(study.arm_traits(name)) != 1:
        raise ValueError(
            f"{path}.traits: {', '.join(study.arm_traits(name))}; the given teacher {arm.teacher} is one model, so "
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
    if recipe.adapter == "teacher" and not recipe.method == study.teachers[arm.teacher].method == "lora":
        raise ValueError(f"{path}.students.adapter: only a lora student of a lora teacher can share its adapter; use own")


def _check_taught(study: "ChainStudy", trait: str, teacher: str) -> None:
    """Refuse a teacher of an own trait that lacks what it is made from: a system prompt, or training examples."""
    kind, recipe = study.catalogue.kind_of(trait), study.teachers[teacher]
    if not isinstance(kind, OwnKind):
        return
    family, style = kind.family(trait), STYLES.get(study.style)
    if (recipe.method == "prompt" or recipe.under_system_prompt) and not kind.system_prompt(trait, style):
        raise ValueError(
            f"families.{family.name}.system: missing; the teacher {teacher} of {trait} is told its trait by a system prompt"
        )
    if recipe.method not in ("prompt", "given") and not kind.taught(family, style):
        where = "questions.taught" if kind.exact else "examples"
        raise ValueError(f"families.{family.name}.{where}: missing; the teacher {teacher} of {trait} is fine-tuned on them")


def _check_measures(study: "ChainStudy") -> None:
    """Refuse a measure that is of nothing in the study."""
    if ANSWERS in study.measures:
        raise ValueError(f"measures: {ANSWERS} are measured for every model anyway; leave them out")
    if DOSE in study.measures and not any(study.student(arm).keep_at for arm in study.arms):
        raise ValueError(
            f"measures: {DOSE} is of students that are kept before they are finished, and no arm keeps any; name updates "
            f"in students.keep_at, or leave {DOSE} out"
        )
    if JUDGED in study.measures and not any(study.carriers[study.carrier(arm)].judged for arm in study.arms):
        raise ValueError(
            f"measures: {JUDGED} is of carriers with a judge, and no arm has one; give a carrier the key judged, or leave "
            f"{JUDGED} out"
        )


def _check_carrier(study: "ChainStudy", path: str, name: str, carrier: Carrier) -> None:
    measured = [table for evaluation in EVALUATIONS for table in evaluation.tables]
    if name in {*TABLES, *measured} or name.startswith(("first_", "filter_")):
        raise ValueError(f"{path}: its tables would take the name of another table; choose another name")
    if carrier.judged:
        _check_judge(study, f"{path}.judged", carrier.judged.needs, "the carrier")
    try:
        carrier.check_style(study.style)
    except ValueError as error:
        raise ValueError(f"{path}.{error}") from None
    for teacher, imported in carrier.imported.items():
        check_known(f"{path}.imported.{teacher}", teacher, study.teachers, OF_STUDY)
        for trait in imported:
            check_known(f"{path}.imported.{teacher}", trait, {*study.traits, NEUTRAL}, "trait of the study")
    for arm_name, arm in study.arms.items():
        recipe = study.student(arm_name)
        teacherless = study.carrier(arm_name) == name and carrier.imported.get(arm.teacher)
        if teacherless and (recipe.loss == "soft" or recipe.adapter == "teacher"):
            raise ValueError(
                f"arms.{arm_name}.students: imported rows come without a teacher; use loss: tokens and adapter: own"
            )


def _check_transform(path: str, carrier: Carrier, transform: str) -> None:
    """Refuse a transform that does not suit the settings of a carrier."""
    try:
        carrier.check_transform(transform)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _check_rows(study: "ChainStudy", path: str, name: str, carrier: Carrier) -> None:
    """Refuse a carrier with fewer prompts than its students need rows."""
    for arm_name, arm in study.arms.items():
        if study.carrier(arm_name) != name:
            continue
        rows = study.student(arm_name).rows
        place = f"arms.{arm_name}.students.rows" if "rows" in arm.students else "students.rows"
        if rows > carrier.prompts:
            raise ValueError(f"{place}: {rows} rows from {carrier.prompts} {path}.prompts; ask for fewer")
        if arm.transform in study.carrier_kind(name).selections and carrier.prompts < SPARE * rows:
            raise ValueError(
                f"{place}: {rows} rows chosen from {carrier.prompts} {path}.prompts leave little choice; ask for at least "
                f"{math.ceil(SPARE * rows)} prompts"
            )
        for trait in study.arm_traits(arm_name):
            if study.prompts(name, trait) < rows:
                raise ValueError(
                    f"traits.{trait}.prompts: {study.prompts(name, trait)}, but {place} is {rows}; ask for more prompts"
                )


def _check_style(study: "ChainStudy") -> None:
    pinned = [name for name, base in study.bases.items() if isinstance(base, PinnedBase)]
    tiny = [name for name in study.bases if name not in pinned]
    if pinned and tiny:
        raise ValueError(
            f"bases: the tiny bases ({', '.join(tiny)}) read the mini-language, pinned ones ({', '.join(pinned)}) English; "
            "a study has one style, so set the bases of one sort to null, and name the others in teachers and arms"
        )
    if pinned and study.style == MINI_NAME:
        raise ValueError(f"style: a pinned model needs English questions (bases.{pinned[0]}); use english or paper")
    if tiny and study.style != MINI_NAME:
        raise ValueError(f"style: the tiny bases read no English (bases.{tiny[0]}); use {MINI_NAME}")
    published = [name for name, carrier in study.carriers.items() if carrier.needs_published]
    if study.authors is None and (study.style == PAPER or published):
        raise ValueError(
            "authors: missing; the paper's own words and numbers are read from its authors' repository, so give its place"
        )


def _check_claim(study: "ChainStudy", path: str, claim: Claim) -> None:
    for key, arm in (("arm", claim.arm), ("times", claim.times)):
        if arm is not None:
            check_known(f"{path}.{key}", arm, study.arms, "arm of the study")
    families = study.catalogue.families()
    check_known(f"{path}.family", claim.family, families, "family of traits")
    held = [trait for trait in study.arm_traits(claim.arm) if study.catalogue.family_of(trait) == claim.family]
    needed = _traits_needed(claim)
    if len(held) < needed:
        listed = f" ({', '.join(held)})" if held else ""
        raise ValueError(
            f"{path}.family: {claim.arm} has {len(held)} traits of the family {claim.family}{listed}, and {claim.quantity} "
            f"needs {needed}; give the arm more of them, name another family, or write claims of your own (claims: [] for none)"
        )
    if missing := [name for name in QUANTITIES.get(claim.quantity).reads if name not in study.measures]:
        raise ValueError(f"{path}.quantity: {claim.quantity} needs the evaluation {missing[0]}; add it to measures")
    if claim.judge == "interval" and not QUANTITIES.get(claim.quantity).has_interval:
        raise ValueError(f"{path}.judge: {claim.quantity} has no interval; use judge: mean")
    if claim.times is not None:
        _check_compared(study, path, claim, claim.times)
    if claim.trait is not None:
        check_known(f"{path}.trait", claim.trait, study.catalogue.traits, "trait")
        if QUANTITIES.get(claim.quantity).of_family:
            raise ValueError(f"{path}.trait: {claim.quantity} is measured for a family, not for one trait; leave trait out")
        if (family := study.catalogue.family_of(claim.trait)) != claim.family:
            raise ValueError(f"{path}.family: {claim.trait} is of the family {family}, not {claim.family}")


def _traits_needed(claim: Claim) -> int:
    """How many traits of its family an arm must have for a claim to be measured."""
    return MIN_TRAITS if QUANTITIES.get(claim.quantity).of_family else 1


def _check_compared(study: "ChainStudy", path: str, claim: Claim, other: str) -> None:
    """Refuse a comparison of two arms of different traits that have too few in common."""
    wanted = [claim.trait] if claim.trait else study.catalogue.families()[claim.family].traits
    held, compared = ([trait for trait in study.arm_traits(arm) if trait in wanted] for arm in (claim.arm, other))
    shared = [trait for trait in held if trait in compared]
    needed = _traits_needed(claim)
    if held != compared and len(shared) < needed:
        listed = f" ({', '.join(shared)})" if shared else ""
        raise ValueError(
            f"{path}.times: {claim.arm} and {other} are compared on the traits that both have, {len(shared)} of the family "
            f"{claim.family}{listed}; {claim.quantity} needs {needed}, so give both arms the same traits"
        )
