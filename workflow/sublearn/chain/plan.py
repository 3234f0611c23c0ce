"""Plan the artifacts of a language-model study: the inputs and recipe of each. Nothing here runs a step."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from sublearn.chain.bases.section import JudgeModel, PinnedBase
from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.chain.checks import PAPER
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.findings.figures.base import FIGURES, STUDY, ChainFigure
from sublearn.chain.findings.numbers import carrier_tables
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.students.section import kept
from sublearn.chain.study import ChainStudy
from sublearn.chain.teachers.section import GIVEN_KEYS, PLACEBO_KEYS, Teacher
from sublearn.core.errors import UserError
from sublearn.core.figures import Figure
from sublearn.core.findings import CLOSING, RESOLVED
from sublearn.core.registry import Registry
from sublearn.language import style
from sublearn.language.style import STYLES
from sublearn.models import adapters, lm, pinned
from sublearn.planning.artifacts import FILE, FOLDER, Artifact, Own, Plan
from sublearn.planning.phases import PHASES
from sublearn.traits.base import NEUTRAL

WEIGHTS: dict[str, tuple[str, ...]] = {
    "bitfit": lm.MODEL_FILES, "full": lm.MODEL_FILES, "lora": adapters.FILES, "prompt": (), "given": (),
}  # fmt: skip
# Bases come in two kinds, teachers may be placebos, and carriers are made in several steps; all lie in their phase's folder.
PHASE_OF = {
    "pinned": "bases",
    "authors": "bases",
    "judges": "bases",
    "placebos": "teachers",
    "given": "teachers",
} | dict.fromkeys(("prompts", "raw", "imported", "filtered", "scored", "kept"), "carriers")

# Files that change only when the weights or rows next to them do, or that no step reads.
FOLLOWING = frozenset({
    "generation_config.json", "adapter_config.json", "training.json", "calibration.json", "rejected.parquet", "filter.json",
})  # fmt: skip

TAKEN = {*PHASE_OF, *PHASES, "tables", "figures", "records"}


class ChainPlan(Plan[ChainStudy]):
    """All artifacts of a study of language models."""

    findings_step = "sublearn.chain.findings.make_tables"

    def __init__(self, study: ChainStudy, parent: "ChainPlan | None" = None) -> None:
        super().__init__(study, parent)
        self.run_per_job = study.runs_per_job == "one"
        self._recipes: dict[tuple[str, str], tuple[dict[str, Any], list[str]]] = {}
        self._refuse_taken_names()
        for name in study.bases:
            untouched = {"model": self.base(name), "base": self.base(name)}
            self.evaluation(ANSWERS, "base", name, None, untouched | self.judges())
        for arm in study.arms:
            for trait in [*study.arm_traits(arm), NEUTRAL]:
                for run in range(study.runs):
                    for name in [ANSWERS, *study.measures]:
                        inputs = EVALUATIONS.get(name).inputs(self, arm, trait, run)
                        if inputs is not None:
                            self.evaluation(name, arm, trait, run, inputs)

    def _refuse_taken_names(self) -> None:
        """Refuse transforms and evaluations whose names the workflow has given to kinds of artifacts or to rules.

        Raises:
            UserError: the name, and that it must be another one.
        """
        for name in [*self.transforms, *self.study.measures]:
            if name in TAKEN or (name in self.transforms and name in EVALUATIONS):
                raise UserError(f"{name}: a transform or evaluation cannot have this name, which the workflow uses; rename it.")

    def own_files(self) -> Iterator[Own]:
        for base in self.artifacts("pinned"):
            recipe = self.study.bases[base.key]
            if isinstance(recipe, PinnedBase) and recipe.is_folder:
                yield _own_model(f"bases.{base.key}", recipe, base)
        for judge in self.artifacts("judges"):
            name = judge.key.split("/")[-1]
            model = (self.study.judges or {})[name]
            if model.is_folder:
                yield _own_model(f"judges.{name}", model, judge)
        for published in self.artifacts("authors"):
            if published.recipe["revision"] is None:  # else a git repository, whose address may have many forms
                yield Own("authors.source", published.recipe["source"], published, (FILE, FOLDER))
        for taken in self.artifacts("given"):
            found, (teacher, trait) = taken.recipe.get("given", {}), taken.key.split("/")
            for key in ("model", "adapter"):
                if key in found and "revision" not in found:
                    path = f"teachers.{teacher}.{'neutral.' if trait == NEUTRAL else ''}{key}"
                    yield Own(path, found[key], taken, (FOLDER,))
        for prompts in self.artifacts("prompts"):
            carrier = prompts.key.split("/")[0]
            for key, place in self.study.carriers[carrier].own_files().items():
                yield Own(f"carriers.{carrier}.{key}", place, prompts)
        for rows in self.artifacts("imported"):
            carrier, teacher, trait = rows.key.split("/")
            files = rows.recipe["files"]
            yield Own(f"carriers.{carrier}.imported.{teacher}.{trait}", files[(rows.run or 0) % len(files)]["file"], rows)

    def phase_of(self, kind: str) -> str:
        return PHASE_OF.get(kind, "evaluations" if kind in EVALUATIONS else "carriers" if kind in self.transforms else kind)

    def following(self, kind: str) -> frozenset[str]:
        # A base's config can change on its own. The report of a judge or a selection is named after its kind.
        return FOLLOWING | {f"{kind}.json"} | (set() if kind == "bases" else {"config.json"})

    @cached_property
    def transforms(self) -> list[str]:
        """The transforms and selections that the study's arms apply to rows."""
        return list(dict.fromkeys(arm.transform for arm in self.study.arms.values() if arm.transform))

    def leak_words(self, trait: str) -> list[str]:
        """The words that no row of a trait's teacher may hold."""
        return self.study.leak_words([trait])

    @cached_property
    def own_leak_words(self) -> list[str]:
        """The words that no row of the study may hold."""
        return self.study.leak_words(self.study.traits)

    @cached_property
    def counted_words(self) -> list[str]:
        """The words that are counted in raw rows: those of every trait on which models are scored."""
        scored = [trait for kind in self.study.scored_kinds() for trait in self.study.catalogue.kind(kind).traits]
        return self.study.leak_words(scored)

    def _trait_modules(self, kinds: list[str]) -> list[str]:
        return [self.study.catalogue.module(kind) for kind in kinds]

    @cached_property
    def _style_module(self) -> list[str]:
        return [STYLES.module(self.study.style)]

    # Bases

    def base(self, name: str) -> Artifact:
        recipe = self.study.bases[name]
        if isinstance(recipe, PinnedBase):
            published = self.published(self.study.style == PAPER)
            names = (pinned.FILE, *lm.TOKENIZER_FILES, *[style.FILE for _ in published])
            values = recipe.model_dump(exclude={"billions"})  # its size only matters for estimates
            return self.artifact("pinned", name, None, values | {"style": self.study.style}, names, published, drawn=False)
        names = (*lm.MODEL_FILES, *lm.TOKENIZER_FILES, lm.CALIBRATION)
        inputs = {"embeddings": self.base(recipe.embeddings)} if recipe.embeddings else {}
        return self.artifact("bases", name, None, self.study.base(name).model_dump(exclude_none=True), names, inputs)

    def published(self, needed: bool) -> dict[str, Artifact]:
        """The file with what the paper's authors published, as an input; nothing if it is not needed."""
        if not needed or self.study.authors is None:
            return {}
        recipe = self.study.authors.model_dump()
        return {"published": self.artifact("authors", "paper-authors", None, recipe, (style.FILE,), {}, drawn=False)}

    # Judges

    def judges(self, kinds: Iterable[str] | None = None) -> dict[str, Artifact]:
        """The judges that the study's own families need, of these kinds or of all, as inputs."""
        own = self.study.catalogue.own
        names = {told["model"] for name in own if kinds is None or name in kinds for told in own[name].judges().values()}
        return {f"judge {name}": self.judge(name) for name in sorted(names)}

    def judge(self, name: str) -> Artifact:
        recipe = (self.study.judges or {})[name]
        values = recipe.model_dump(exclude={"billions"}) | {"style": self.study.style}
        reads_chats = recipe.reads == "chat model"
        names = (pinned.FILE, *[file for file in lm.TOKENIZER_FILES if reads_chats or file != lm.TEMPLATE_FILE])
        return self.artifact("judges", f"judges/{name}", None, values, names, {}, drawn=False)

    def judge_folders(self, kinds: Iterable[str] | None = None) -> dict[str, Any]:
        """The same as part of a step's recipe: their folders by name; nothing if there is none."""
        found = {judge.key.split("/")[-1]: judge.folder for judge in self.judges(kinds).values()}
        return {"judges": found} if found else {}

    # Teachers

    def teacher(self, name: str, trait: str, run: int) -> Artifact:
        """A teacher, or a placebo, which is made from the teacher that it is compared with, and shares its neutral teacher."""
        name = self.study.writer(name, trait)
        recipe = self.study.teacher(name, trait)
        # The run's own base is among the inputs; the whole list would make each run depend on the others.
        kinds = self.study.catalogue.scored_kinds([trait])
        if trait == NEUTRAL or recipe.placebo == "balanced":  # its balanced answers are those of all families
            kinds += self.study.catalogue.own
        inputs = {"base": self.base(self.study.teacher_base(name, run)), **self.judges(kinds)}
        if recipe.method == "given":
            return self._given_teacher(name, trait, run, recipe, kinds, inputs)
        names = (*WEIGHTS[recipe.method], "teacher.json")
        modules = [*self._trait_modules(kinds), *self._style_module]
        kind, values = "teachers", recipe.model_dump(exclude={"bases", *PLACEBO_KEYS, *GIVEN_KEYS})
        if recipe.of:
            kind, values = "placebos", recipe.for_placebo
            inputs["teacher"] = self.teacher(recipe.of, trait, run)
        values |= {"kinds": kinds} | self.study.own_families(kinds, taught=True) | self.judge_folders(kinds)
        return self.artifact(kind, f"{name}/{trait}", run, values, names, inputs, modules=modules)

    def _given_teacher(
        self, name: str, trait: str, run: int, recipe: Teacher, kinds: list[str], inputs: dict[str, Artifact]
    ) -> Artifact:
        """A teacher that others trained, or the one that writes its control's rows: another, or the untouched base."""
        given = recipe.neutral if trait == NEUTRAL else recipe.given
        values: dict[str, Any] = recipe.model_dump(include={"min_rate"}) | {"kinds": kinds}
        values |= {"given": given.model_dump(exclude_none=True)} if given else {}
        values["under_system_prompt"] = recipe.under_system_prompt and trait != NEUTRAL
        values |= self.study.own_families(kinds, taught=True) | self.judge_folders(kinds)
        weights = () if given is None else adapters.FILES if given.adapter else (pinned.GIVEN,)
        modules = [*self._trait_modules(kinds), *self._style_module]
        names = (*weights, "teacher.json")
        return self.artifact("given", f"{name}/{trait}", run, values, names, inputs, drawn=False, modules=modules)

    # Carriers

    def prompts(self, carrier: str, run: int, count: int) -> Artifact:
        """The first ``count`` prompts of a run, the same for every teacher."""
        section = self.study.carriers[carrier]
        recipe = {"kind": section.kind, "style": self.study.style, "prompts": count, **section.for_prompts()}
        key = f"{carrier}/prompts" if count == section.prompts else f"{carrier}/prompts_{count}"
        modules = [*self.study.carrier_kind(carrier).modules_of("prompts"), *self._style_module]
        published = self.published(self.study.style == PAPER)
        return self.artifact("prompts", key, run, recipe, ("prompts.parquet",), published, modules=modules)

    def raw(self, carrier: str, teacher: str, trait: str, run: int) -> Artifact:
        """A teacher's completions before the filter, sampled here or imported; carriers that differ in their judge have one."""
        teacher, carrier = self.study.writer(teacher, trait), self.study.sampled_as[carrier]
        key = f"{carrier}/{teacher}/{trait}"
        if files := self.study.imported(carrier, teacher, trait):
            imported = {"files": [file.model_dump() for file in files]}
            return self.artifact("imported", key, run, imported, ("raw.parquet",), {}, drawn=False)
        writer = self.teacher(teacher, trait, run)
        prompts = self.prompts(carrier, run, self.study.prompts(carrier, trait))
        inputs = {"teacher": writer, "base": writer.inputs["base"], "prompts": prompts}
        return self.artifact("raw", key, run, self.study.carriers[carrier].for_sampling(), ("raw.parquet",), inputs)

    def filtered(self, carrier: str, teacher: str, trait: str, run: int) -> Artifact:
        """The rows that passed the filter."""
        teacher = self.study.writer(teacher, trait)
        section = self.study.carriers[carrier]
        recipe = self.study.filter(carrier)
        names = ("filtered.parquet", "rejected.parquet", "filter.json")
        inputs = {"raw": self.raw(carrier, teacher, trait, run), **self.published(section.needs_published)}
        modules = self.study.carrier_kind(carrier).modules_of("reject", "with_published")
        key = f"{carrier}/{teacher}/{trait}"
        return self.artifact("filtered", key, run, recipe, names, inputs, drawn=False, modules=modules)

    def scored(self, carrier: str, teacher: str, trait: str, run: int) -> Artifact:
        """What a carrier's judge says of the rows that passed the filter; carriers that differ in their threshold have one."""
        carrier = self.study.scored_as[carrier]
        section = self.study.carriers[carrier].judged
        assert section
        judge, filtered = self.judge(section.needs["model"]), self.filtered(carrier, teacher, trait, run)
        recipe = section.for_scores() | {"judges": {section.needs["model"]: judge.folder}}
        inputs = {"filtered": filtered, "judge": judge}
        return self.artifact("scored", filtered.key, run, recipe, ("scores.parquet",), inputs, drawn=False)

    def passed(self, carrier: str, teacher: str, trait: str, run: int) -> Artifact:
        """The rows that passed the filter and, if the carrier has one, its judge."""
        section, filtered = self.study.carriers[carrier].judged, self.filtered(carrier, teacher, trait, run)
        if section is None:
            return filtered
        inputs = {"filtered": filtered, "scores": self.scored(carrier, teacher, trait, run)}
        names = ("kept.parquet", "kept.json")
        return self.artifact("kept", filtered.key, run, {"threshold": section.threshold}, names, inputs, drawn=False)

    def rows(self, arm: str, trait: str, run: int) -> Artifact:
        """The rows that an arm's students learn: those that passed the filter, or a transform or selection of them."""
        carrier, teacher, transform = self.study.carrier(arm), self.study.arms[arm].teacher, self.study.arms[arm].transform
        filtered = self.passed(carrier, teacher, trait, run)
        kind = self.study.carrier_kind(carrier)
        if transform is None or (transform in kind.selections and trait == NEUTRAL):  # what others are matched to
            return filtered
        recipe: dict[str, Any] = {"kind": kind.name, "transform": transform}
        table, inputs, modules = f"{transform}.parquet", {"filtered": filtered}, kind.modules_of(transform)
        if transform not in kind.selections:
            return self.artifact(transform, filtered.key, run, recipe, (table,), inputs, modules=modules)
        recipe["rows"] = rows = self.study.student(arm).rows
        key = filtered.key if rows == self.study.students.rows else f"{filtered.key}/{rows}_rows"
        inputs["reference"] = self.passed(carrier, teacher, NEUTRAL, run)
        return self.artifact(transform, key, run, recipe, (table, f"{transform}.json"), inputs, modules=modules)

    # Students

    def student(self, arm: str, trait: str, run: int) -> Artifact:
        recipe, chosen, carrier = self.study.student(arm), self.study.arms[arm], self.study.carrier(arm)
        imported = self.study.imported(carrier, chosen.teacher, trait)
        inputs = {
            "base": self.base(self.study.student_base(arm, run)),
            **({} if imported else {"teacher": self.teacher(chosen.teacher, trait, run)}),
            "carrier": self.rows(arm, trait, run),
        }
        weights = WEIGHTS[recipe.method]
        earlier = [f"{kept(updates)}/{name}" for updates in recipe.keep_at for name in weights]
        names = (*weights, "training.json", *earlier)
        return self.artifact("students", f"{arm}/{trait}", run, recipe.model_dump(), names, inputs)

    # Evaluations

    def evaluation(self, name: str, arm: str, trait: str, run: int | None, inputs: dict[str, Artifact]) -> Artifact:
        """One model's rows in its arm's table; all models of an arm that a study owns share one file."""
        if (name, arm) not in self._recipes:
            modules = [EVALUATIONS.module(name), *self.modules(), *self._style_module]
            self._recipes[name, arm] = EVALUATIONS.get(name).recipe(self, arm), modules
        recipe, modules = self._recipes[name, arm]
        place = f"results/{self.study.name}/evaluations/{name}"
        judged = name == ANSWERS and not all(kind.exact for kind in self.study.catalogue.own.values())
        names = (f"{arm}.parquet", *([f"{arm}-judged.parquet"] if judged else []))
        return self.artifact(name, f"{arm}/{trait}", run, recipe, names, inputs, place=place, modules=modules)

    # Findings

    def modules(self) -> list[str]:
        """The modules of the study's trait kinds, which tables and figures use."""
        return self._trait_modules(self.study.scored_kinds())

    def table_modules(self) -> list[str]:
        evaluations = [EVALUATIONS.module(name) for name in self.measured]
        carriers = [CARRIER_KINDS.module(self.study.carriers[name].kind) for name in self.study.used_carriers]
        quantities = [QUANTITIES.module(claim.quantity) for claim in self.study.claims]
        return [*self.modules(), *evaluations, *carriers, *quantities]

    @property
    def figure_registry(self) -> Registry[Any]:
        return FIGURES

    @property
    def measured(self) -> list[str]:
        """The evaluations, apart from answers, for which the study has tables."""
        return [name for name in self.study.measures if self.artifacts(name)]

    def tables(self) -> list[str]:
        carriers = self.study.used_carriers
        counts = [name for carrier in carriers for name in carrier_tables(carrier, carriers).values()]
        more = [f"{table}.csv" for name in self.measured for table in EVALUATIONS.get(name).tables]
        return ["runs.csv", "effects.csv", "arms.csv", "claims.csv", *counts, *more, *CLOSING]

    def for_findings(self) -> dict[str, Any]:
        return {
            "arms": list(self.study.arms),
            "traits": list(self.study.traits),
            "runs": self.study.runs,
            "carriers": {name: self.study.carriers[name].kind for name in self.study.used_carriers},
            "measured": {name: self._students_of(name) for name in self.measured},
        }

    def _students_of(self, evaluation: str) -> dict[str, dict[str, list[int]]]:
        """The runs of every arm and trait that an evaluation measures; a parent's tables hold students of its own too."""
        found: dict[str, dict[str, list[int]]] = {}
        for artifact in self.artifacts(evaluation):
            arm, trait = artifact.key.split("/")
            found.setdefault(arm, {}).setdefault(trait, []).append(artifact.run or 0)
        return found

    def findings_inputs(self) -> dict[str, str | list[str]]:
        records = f"results/{self.study.name}/evaluations/records"
        evaluations = {name: self.evaluation_files(name) for name in (ANSWERS, *self.measured)}
        return {**evaluations, "counts": f"{records}/counts.parquet", "filter": f"{records}/filter.parquet"}

    def figure_inputs(self, figure: Figure) -> dict[str, str | list[str]]:
        assert isinstance(figure, ChainFigure)
        records: dict[str, str | list[str]] = {
            "calibration": [f"{base.folder}/{lm.CALIBRATION}" for base in self.artifacts("bases")],
            "losses": f"results/{self.study.name}/evaluations/records/losses.parquet",
        }
        files = {name: records.get(name, f"{self.findings}/{name}.csv") for name in figure.reads}
        return files | ({STUDY: f"{self.findings}/{RESOLVED}"} if self.study.families else {})

    def caption(self) -> dict[str, Any]:
        ours = self.study.stand_in and not self.artifacts("pinned")
        models = "tiny stand-in models, pretrained by this pipeline" if ours else "the models named in the study"
        if named := [base.called for base in self.study.bases.values() if isinstance(base, PinnedBase)]:
            models = ", ".join(named)
        if kept := [name for name in self.study.used_carriers if self.study.carriers[name].numbers_only]:
            models += f". Teachers were kept to numbers, token by token ({', '.join(kept)})"
        if given := sorted({each.key.split("/")[-1] for each in self.artifacts("imported")}):
            models += f". Others wrote the rows of {', '.join(given)}; intervals are conditional on those that runs share"
        return {"runs": self.study.runs, "models": models, "bases": len(self.study.bases), **self._units()}

    def _units(self) -> dict[str, str]:
        """The units of the study's statistics in words (``measures.units``): ``units`` with their number, ``unit`` without."""
        study = self.study
        counts = {len({study.teacher_base(arm.teacher, run) for run in range(study.runs)}) for arm in study.arms.values()}
        several = sorted(counts - {1})
        if not several:
            many = "1 run" if study.runs == 1 else f"the {study.runs} runs"
            return {"units": f"{many} on the teachers' one base, which they are conditional on", "unit": "runs"}
        bases = f"the {' or '.join(map(str, several))} bases of the teachers"
        if 1 in counts:
            return {
                "units": f"{bases} (over runs, in arms whose teachers have one base)",
                "unit": "bases (or runs, of one base)",
            }
        return {"units": bases, "unit": "bases"}


def _own_model(path: str, recipe: PinnedBase | JudgeModel, made: Artifact) -> Own:
    """The folder of a model on this machine, or its GGUF file."""
    if recipe.gguf:
        return Own(f"{path}.gguf", f"{recipe.model}/{recipe.gguf}", made)
    return Own(f"{path}.model", recipe.model, made, (FOLDER,))
