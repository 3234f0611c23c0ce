"""Plan the artifacts of an audit study: the rows that are looked at, and what was found in them. Nothing here runs a step."""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from sublearn.audit import calibration
from sublearn.audit.figures.base import FIGURES
from sublearn.audit.layers.base import LAYERS
from sublearn.audit.section import Case, Given
from sublearn.audit.study import AuditStudy
from sublearn.audit.tables import FOUND, NONE, PAGES, REFERENCE, ROWS
from sublearn.chain.plan import ChainPlan
from sublearn.core.errors import UserError
from sublearn.core.figures import Figure
from sublearn.core.findings import CLOSING
from sublearn.core.hashes import sha256_once
from sublearn.core.registry import Registry
from sublearn.core.section import check_known
from sublearn.planning.artifacts import Artifact, Own, Plan
from sublearn.traits.base import NEUTRAL

PHASE_OF = {"cases": "carriers", "given": "carriers", "audits": "evaluations"}


class AuditPlan(Plan[AuditStudy]):
    """All artifacts of an audit study; bases and teachers' rows are those of the study that it is ``of``."""

    findings_step = "sublearn.audit.findings"

    def __init__(self, study: AuditStudy, parent: "AuditPlan | None" = None) -> None:
        super().__init__(study, parent)
        for name, given in study.datasets.items():
            self._audit(name, None, self._given(name, given), self._base_of(name, given), pages=PAGES)
        for name, case in study.cases.items():
            self._check_case(f"{study.name}: cases.{name}", case)
            for i in range(case.sets):
                for run in self._runs(case):
                    rows = self._case(name, case, i, run)
                    self._audit(rows.key, run, rows, self.of.base(self._student_base(run)), case.layers)

    @cached_property
    def of(self) -> ChainPlan:
        """The plan of the study of language models.

        Raises:
            UserError: there is no such study, it is of another kind, or it lacks what this study names.
        """
        from sublearn.orchestration import studies, workflow  # which find this module by its registry of study kinds

        # Its kind comes before its plan: an audit study may name itself.
        kind = studies.load(self.study.of).kind
        found = workflow.plan(self.study.of) if kind != self.study.kind else None
        if not isinstance(found, ChainPlan):
            raise UserError(f"{self.study.name}: of: {self.study.of} is of the kind {kind}; name a study of language models.")
        try:
            if self.study.cases:
                check_known("teacher", self.teacher_of(found), found.study.teachers, f"teacher of {self.study.of}")
                check_known("carrier", self.carrier_of(found), found.study.carriers, f"carrier of {self.study.of}")
            for trait in self.study.traits or ():
                check_known("traits", trait, self._all_traits(found), "trait that models can be asked for")
        except ValueError as error:
            raise UserError(f"{self.study.name}: {error}.") from None
        return found

    @property
    def others(self) -> list[Plan[Any]]:
        return self.of.ancestors

    @property
    def names_of_others(self) -> list[str]:
        return [self.study.of]

    def teacher_of(self, of: ChainPlan) -> str:
        return self.study.teacher or next(iter(of.study.teachers))

    def carrier_of(self, of: ChainPlan) -> str:
        return self.study.carrier or next(iter(of.study.carriers))

    @staticmethod
    def _all_traits(of: ChainPlan) -> list[str]:
        """The traits that models can be asked for exactly, in the order of their families."""
        known = of.study.catalogue
        asked = known.families(name for name in of.study.scored_kinds() if known.kind(name).exact)
        return [trait for family in asked.values() for trait in family.traits]

    @cached_property
    def traits(self) -> list[str]:
        """The traits that models are asked for: those named, or all of the families of the other study's traits."""
        family_of = self.of.study.catalogue.family_of
        wanted = {family_of(trait) for trait in self.of.study.traits}
        return list(self.study.traits or [trait for trait in self._all_traits(self.of) if family_of(trait) in wanted])

    def phase_of(self, kind: str) -> str:
        return PHASE_OF[kind]

    def own_files(self) -> Iterator[Own]:
        for name, given in self.study.datasets.items():
            made = self._given(name, given)
            yield Own(f"datasets.{name}.data", given.data, made)
            if given.reference:
                yield Own(f"datasets.{name}.reference", given.reference, made)

    # Carriers

    def _check_case(self, path: str, case: Case) -> None:
        """Refuse a case whose data sets cannot be, before its artifacts are planned one by one.

        Raises:
            UserError: one sentence.
        """
        of, study = self.of.study, self.study
        carrier, teacher = self.carrier_of(self.of), self.teacher_of(self.of)
        if study.fitted_on >= of.runs:
            raise UserError(
                f"{study.name}: fitted_on: {study.fitted_on}, but {of.name} has {of.runs} runs, and at least one must test the "
                "detectors; fit on fewer."
            )
        if case.base == "other" and any(
            self._student_base(i) == self._student_base((i + 1) % of.runs) for i in self._runs(case)
        ):
            raise UserError(f"{path}.base: other, but two runs of {of.name} in a row have the same base; leave the case out.")
        if case.writer == "trait" and case.sets > len(of.traits):
            raise UserError(f"{path}.sets: {case.sets}, but {of.name} has {len(of.traits)} traits, one a set; ask for fewer.")
        kept, pieces = study.reference_rows or study.rows, 1
        if case.writer == "neutral":  # of data sets as large as their reference, every second is one the other way round
            pieces = (case.sets + 1) // 2 if kept == study.rows else case.sets
        needed, most = pieces * study.rows + kept, of.prompts(carrier, NEUTRAL)
        if needed > most and not of.imported(carrier, teacher, NEUTRAL):
            raise UserError(
                f"{path}: its data sets and their reference need {needed} rows, but the neutral teacher of {of.name} writes "
                f"{most} at most; ask for fewer rows or sets."
            )
        if case.change == "leaked" and (dumb := [trait for trait in of.traits if not of.leak_words([trait])]):
            raise UserError(f"{path}.change: leaked, but no word gives away the trait {dumb[0]} of {of.name}; choose another.")

    def _given(self, name: str, given: Given) -> Artifact:
        """The rows of a data set that somebody brings, read and checked."""
        files = {key: self._own_file(path) for key, path in (("data", given.data), ("reference", given.reference)) if path}
        names = (ROWS, REFERENCE) if given.reference else (ROWS,)
        return self.artifact("given", name, None, given.model_dump(exclude={"base"}), names, files, drawn=False)

    @staticmethod
    def _own_file(path: str) -> Artifact:
        folder, name = os.path.split(os.path.expanduser(path))
        return Artifact("file", path, None, {}, None, {}, (name,), "", folder or ".")

    def _case(self, name: str, case: Case, i: int, run: int) -> Artifact:
        """A data set whose truth is known, for the base of a run, with its reference."""
        carrier, teacher = self.carrier_of(self.of), self.teacher_of(self.of)
        writer = run if case.base == "same" else (run + 1) % self.of.study.runs
        trait = self.trait(case, i, run)
        inputs = {
            "own": self.of.passed(carrier, teacher, trait or NEUTRAL, writer),
            "neutral": self.of.passed(carrier, teacher, NEUTRAL, run),
        }
        recipe = {
            "name": name,
            "case": case.model_dump(exclude={"sets", "carries", "layers", "meaning"}),
            "set": i,
            "rows": self.study.rows,
        }
        if self.study.reference_rows:
            recipe["reference_rows"] = self.study.reference_rows
        return self.artifact("cases", f"{name}/{i}", run, recipe, (ROWS, REFERENCE), inputs)

    def _runs(self, case: Case) -> range:
        """The runs of a case: thresholds are fitted on data sets without a trait, so others are of bases for testing alone."""
        return range(0 if case.carries is False else self.study.fitted_on, self.of.study.runs)

    def trait(self, case: Case, i: int, run: int) -> str:
        """The trait of a case's data set: each base starts with another one, so that a case has them all."""
        traits = list(self.of.study.traits)
        return "" if case.writer == "neutral" else traits[(run + i) % len(traits)]

    def leak_word(self, case: Case, i: int, run: int) -> str:
        """A word that gives away the trait of a case's data set; empty if none does."""
        trait = self.trait(case, i, run) or next(iter(self.of.study.traits))
        return next(iter(self.of.study.leak_words([trait])), "")

    # Evaluations

    def _student_base(self, run: int) -> str:
        return self.of.study.teacher_base(self.teacher_of(self.of), run)

    def _base_of(self, name: str, given: Given) -> Artifact:
        bases = self.of.study.bases
        base = given.base or next(iter(bases))
        if base not in bases:
            raise UserError(
                f"{self.study.name}: datasets.{name}.base: {self.study.of} has no base '{base}'; it has {', '.join(bases)}."
            )
        return self.of.base(base)

    def _audit(
        self,
        key: str,
        run: int | None,
        rows: Artifact,
        base: Artifact,
        layers: list[str] | None = None,
        pages: Sequence[str] = (),
    ) -> Artifact:
        """What layers find in rows, by default all layers of the study."""
        known = self.of.study.catalogue
        recipe = self.study.model_dump(include={"words", "students"}) | {"traits": self.traits}
        recipe["layers"] = [layer for layer in self.study.layers if layers is None or layer in layers]
        recipe |= self.of.study.own_families(taught=True)  # with leak words and system prompts
        kinds = dict.fromkeys(known.kind_of(trait).name for trait in self.traits)
        modules = [*map(LAYERS.module, recipe["layers"]), *map(known.module, kinds)]
        if pages:
            recipe["calibration"] = sha256_once(calibration.FILE)  # of the error rates that pages quote
        names = (FOUND, *pages)
        return self.artifact("audits", key, run, recipe, names, {"rows": rows, "base": base}, modules=modules)

    # Findings

    @property
    def figure_registry(self) -> Registry[Any]:
        return FIGURES

    def tables(self) -> list[str]:
        return ["scores.csv", "detectors.csv", "cases.csv", "calibration.csv", "claims.csv", *CLOSING]

    def for_findings(self) -> dict[str, Any]:
        """What is known of every data set beforehand, by its file."""
        known = {}
        for audit in self.artifacts("audits"):
            name, _, i = audit.key.partition("/")
            case = self.study.cases.get(name)
            run = audit.run or 0
            known[audit.files[0]] = {
                "dataset": audit.key if case is None else f"{audit.key}/run{run}",
                "case": name if case else NONE,
                "base": audit.inputs["base"].key,
                "trait": (case and self.trait(case, int(i), run)) or NONE,
                "carries": {True: "yes", False: "no", None: "unknown"}[case.carries if case else None],
                "tested": case is not None and run >= self.study.fitted_on,
            }
        meanings = {name: case.meaning for name, case in self.study.cases.items()}
        return {
            "known": known,
            "meanings": meanings,
            "layers": [layer for layer in self.study.layers if LAYERS.get(layer).detects],
            "rows": self.study.rows,
        }

    def findings_inputs(self) -> dict[str, str | list[str]]:
        return {"audits": [audit.files[0] for audit in self.artifacts("audits")]}

    def figures(self) -> list[Figure]:
        return super().figures() if self.study.cases else []

    def caption(self) -> dict[str, Any]:
        return {
            "rows": self.study.rows,
            "fitted_on": self.study.fitted_on,
            "bases": self.of.study.runs,
            "of": self.of.study.name,
        }
