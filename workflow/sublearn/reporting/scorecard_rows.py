"""Gather the claims of all studies with their verdicts: those of the findings, or, without findings, what would be run."""

import json
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from sublearn.chain.study import ChainStudy
from sublearn.core import cli, places
from sublearn.core.claims import VERDICTS, Claims, Rule, bound_of, judge
from sublearn.core.errors import UserError
from sublearn.core.evidence import Evidence
from sublearn.core.files import read_table
from sublearn.core.findings import folder_of
from sublearn.core.statistics import UNKNOWN, Mean
from sublearn.orchestration import studies
from sublearn.orchestration.kinds import KINDS
from sublearn.planning.study import Study
from sublearn.reporting import scorecard_change

RESULTS = Path("results")
NOT_RUN = "not_run"
ORDER = (*VERDICTS, NOT_RUN)
ORIGINS = PAPER, AFTER, OTHERS, OURS = "the paper", "ours, after the paper", "later work", "ours"
# A place in the paper and nothing else, such as "section 3.1, Figure 3"; or such a place among other words.
PLACE = r"(section|appendix) [\w.]+"
IN_THE_PAPER = re.compile(rf"{PLACE}(, (figure|table|lemma|theorem|proof of lemma|after theorem) \w+)*", re.IGNORECASE)
BESIDE_THE_PAPER = re.compile(PLACE, re.IGNORECASE)
LATER = re.compile(r"\((19|20)\d\d\)|^replications\b|^disputed\b", re.IGNORECASE)
AGAINST = {"opposite": "contradicts the paper", "not_reproduced": "does not show what the paper says"}
AGAIN = "Make the findings again"
SMALL_IMAGES = "digits"
PLAIN = re.compile(r"[\w./-]+")  # a path that needs no quotes


@dataclass(frozen=True)
class Row:
    """A claim of a study.

    Attributes:
        study: its study's name; ``title`` is the study's title, ``kind`` its kind.
        rule: its rule, from the study's file.
        verdict: one of ``ORDER``.
        measured: the quantity with its interval; NaN where nothing was measured.
        bound: the rule's bound, multiplied by its reference if it has one; NaN where that is unknown.
        evidence: over what the interval is; None where nothing was measured.
        figure: where the figure lies, seen from ``results``; empty if there is none.
        change: what it would take to change the verdict.
    """

    study: str
    title: str
    kind: str
    rule: Rule
    verdict: str
    measured: Mean
    bound: float
    evidence: Evidence | None
    figure: str
    change: str

    @cached_property
    def origin(self) -> str:
        """Who makes the claim, by its source. What names neither a place in the paper nor another work is ours."""
        if IN_THE_PAPER.fullmatch(self.rule.source):
            return PAPER
        if BESIDE_THE_PAPER.search(self.rule.source):
            return AFTER
        return OTHERS if LATER.search(self.rule.source) else OURS

    @property
    def by_mean_alone(self) -> bool:
        """Whether the claim is reproduced by its mean, and would not be by its interval."""
        by_interval = self.rule.model_copy(update={"judge": "interval"})
        has_interval = not math.isnan(self.measured.low)
        return self.verdict == "reproduced" and has_interval and judge(by_interval, self.measured, self.bound) != "reproduced"

    @property
    def unit(self) -> str:
        return f"{self.evidence.count} {self.evidence.unit}" if self.evidence and self.evidence.unit else ""

    @property
    def value(self) -> str:
        """What was measured, in words: ``1.01 nats``."""
        if math.isnan(self.measured.value):
            return ""
        return f"{self.measured.value:#.3g} {self.evidence.scale if self.evidence else ''}".rstrip()

    @property
    def interval(self) -> str:
        ends = [f"{end:#.3g}" for end in (self.measured.low, self.measured.high)]
        return "" if math.isnan(self.measured.low) else " to ".join(ends)


def gather(more: Sequence[str] = ()) -> list[Row]:
    """The claims of the studies in ``config/studies``, and of ``more``; studies with findings first, then by kind and name.

    A study in ``config/studies`` that is wrong is left out, and the log says so: somebody may be writing it.

    Raises:
        UserError: a study of ``more`` is wrong, two of them have one name, or claims cannot be read.
    """
    named: dict[str, tuple[Study, str]] = {}
    for name in dict.fromkeys(more):
        study = studies.load(name)
        if other := named.get(study.name):
            raise UserError(f"{name}: {other[1]} has the same name, so both have the same findings; name one of them.")
        named[study.name] = study, name
    for name in places.known(studies.STUDIES):
        try:
            named.setdefault(name, (studies.load(name), name))
        except UserError as error:
            cli.log.warning("the scorecard leaves out a study: %s", error)
    kinds = KINDS.names()
    ordered = sorted(named.values(), key=lambda each: (not _file(each[0]).exists(), kinds.index(each[0].kind), each[0].name))
    return [row for study, name in ordered for row in _rows(study, command(study, name))]


def _file(study: Study) -> Path:
    return Path(folder_of(study.name), "claims.csv")


def command(study: Study, name: str) -> str:
    """How the study that ``name`` finds is run; one with a quantised file among its bases is taken to be for a processor."""
    quantised = isinstance(study, ChainStudy) and any(getattr(base, "gguf", None) for base in study.bases.values())
    where = "--cores all" if quantised or getattr(study, "stand_in", True) else "--profile profiles/workstation"
    # A study in config/studies goes by its name; a path may hold what YAML or the shell would take for something else.
    known = studies.find(study.name).resolve() == studies.find(name).resolve()
    plain = study.name if known else name if PLAIN.fullmatch(name) else ""
    chosen = f"studies='[{plain}]'" if plain else shlex.quote(f"studies={json.dumps([name])}")
    return f".venv/bin/snakemake {where} --config {chosen}"


def _rows(study: Study, again: str) -> list[Row]:
    file, rows = _file(study), []
    judged = read_table(file, Claims).set_index("claim") if file.exists() else pd.DataFrame()
    evidence = _evidence(study, [claim for claim in study.claims if claim.claim in judged.index])
    for claim in study.claims:
        if claim.claim in judged.index:
            rows.append(_judged(study, again, claim, judged.loc[claim.claim], evidence.get(claim.claim)))
        else:
            change = f"Run it: {again}"
            rows.append(Row(study.name, study.title, study.kind, claim, NOT_RUN, UNKNOWN, math.nan, None, "", change))
    return rows


def _evidence(study: Study, claims: list[Rule]) -> Mapping[str, Evidence]:
    """What the study's tables say of the claims; nothing if its kind does not say, or the tables are of another version."""
    tell = KINDS.get(study.kind).evidence
    try:
        return tell(claims, _file(study).parent) if tell and claims else {}
    except UserError:
        return {}


def _judged(study: Study, again: str, claim: Rule, found: pd.Series, told: Evidence | None) -> Row:
    value, low, high = (float(found[name]) for name in ("measured", "ci_low", "ci_high"))
    measured = Mean(value, low, high, math.nan)
    bound = bound_of(claim, told.reference) if told else math.nan
    verdict = str(found["verdict"])
    figure = _file(study).parent / "figures" / f"{found['figure']}.svg"
    shown = figure.relative_to(RESULTS).as_posix() if figure.exists() else ""
    row = Row(study.name, study.title, study.kind, claim, verdict, measured, bound, told, shown, "")
    if found["quantity"] != claim.rule:
        return replace(row, change=f"Judged by another rule, {found['quantity']}. {AGAIN}: {again}")
    if told is None:
        return replace(row, change=f"The tables of this study do not say how sure it is. {AGAIN}: {again}")
    if judge(claim, measured, bound) != verdict:
        return replace(row, change=f"Its verdict is not the one that its rule gives. {AGAIN}: {again}")
    change = scorecard_change.words(claim, verdict, measured, bound, told)
    if row.origin == PAPER and verdict in AGAINST:
        change = f"{'The stand-in' if _stands_in(study) else 'The study'} {AGAINST[verdict]}. {change}"
    return replace(row, change=change)


def _stands_in(study: Study) -> bool:
    """Whether the study uses other models, or other images, than the paper."""
    images = getattr(study, "images", None)
    return bool(getattr(study, "stand_in", images is not None and images.source == SMALL_IMAGES))
