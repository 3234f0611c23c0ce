"""What a report says, whatever file it is written to: the verdict, what to do next, what nobody can see, how to read it."""

import hashlib
import importlib.metadata
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sublearn.audit import calibration
from sublearn.audit.calibration import Own, Rates
from sublearn.audit.layers.base import DataSet, Inputs, Layer, Result, Status
from sublearn.audit.read import UNREAD
from sublearn.audit.report.text import listed, number, p_value, rounded, share
from sublearn.core.hashes import sha256
from sublearn.core.markdown import visible

Row = Mapping[str, Any]

STATUSES: Mapping[Status, str] = {"found": "found", "nothing_found": "nothing found", "not_run": "not run"}
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "sublearn", "tokenizers", "torch", "transformers")
OTHER_SIZE = 2  # how many times more or fewer rows than the known cases have may change a layer's error rates
FEW = 3  # columns that were not read, of which a sentence names so many
ABSENT = "It was not asked to look."
WIDEST = 0.9  # share of known cases that a layer must find for the report to call their kind detectable

UNSEEN = (
    "A shift towards something that nobody asked for. The audit asks about its list of traits and no others.",
    "Behaviour that shows only after a trigger, in another language, or in long conversations.",
    "What a longer training, more rows or another recipe would do. Students here learn from these rows with one recipe.",
    "Other bases. What is said of a base holds for these weights.",
    "Distillation in many steps. A trait may pass through rows that a student wrote, and the record may end before that.",
    "Rows that were written to pass this audit by somebody who knows its layers.",
)
READING = (
    (
        "found",
        "The layer's own test says so. It may be wrong: its error rates on known data sets stand beside it, where known.",
    ),
    ("nothing found", "The layer looked and met nothing. That never means that the data are safe."),
    ("not run", "The layer could not look, or was not asked to. It says nothing about the data."),
    ("own", "Of known data sets, how many the layer's own test finds, whatever their score."),
    ("true positive rate", "Of known data sets that carry a trait, the share whose score reaches the layer's threshold."),
    ("false positive rate", "Of known data sets that carry none, the share whose score reaches it all the same."),
    (
        "interval",
        "Computed with 95 % confidence. A dot is filled if p is below 0.05; without p, if the interval leaves out zero.",
    ),
    ("p", "How often a shift at least this large would arise by chance if there were none, corrected for looking at many."),
    ("AUROC", "How well a classifier tells K rows of the data from K reference rows: 0.5 is chance, 1 is without error."),
    ("shortcut", "The same, for a classifier that sees only the format. Where both are alike, format explains the difference."),
    ("[U+202E]", "A character that cannot be seen, or that turns text around, as its code. ↵ is a new line, ⇥ a tab."),
)


@dataclass(frozen=True)
class Part:
    """What a layer is and what it found in so many rows; ``rates`` is None if it has not been calibrated."""

    layer: Layer
    result: Result
    rates: Rates | None
    rows: int

    @property
    def found(self) -> bool:
        return self.result.status == "found"

    @property
    def below(self) -> bool:
        """Whether the score is known to lie below the threshold; what is found all the same, the layer's own test found."""
        return self.result.score is not None and self.rates is not None and self.result.score < self.rates.threshold

    def table(self, name: str) -> list[Row]:
        return list(self.result.tables.get(name, ()))

    def calibrated(self) -> str:
        """How the layer's own test, which its word rests on, and its threshold do on known cases, in a few sentences."""
        if not self.layer.detects:
            return "It says where rows come from, which is no sign of a trait by itself."
        if self.rates is None:
            return "This layer has not been calibrated: how often it is wrong is not known."
        known = f"{self.rates.cases:,} known data sets, each of {self.rates.rows:,} rows of stand-ins"
        counted = (self.rates.own_true, "that carry a trait"), (self.rates.own_false, "that carry none")
        own = [_in_sets(count, truth) for count, truth in counted if count]
        rates = (self.rates.true_positive_rate, "that carry a trait"), (self.rates.false_positive_rate, "that carry none")
        reached = [f"in {share(rate)} of those {truth}" for rate, truth in rates if not math.isnan(rate)]
        said = [f"Of {known}, the layer's own test finds {' and '.join(own)}." if own
                else "No error rate of the layer's own test is quoted here: it is not known."]  # fmt: skip
        said += [self.layer.since] * bool(own and self.layer.since)
        if reached and not (self.found and self.below):  # else the threshold does not speak for what was found
            said.append(f"Of {'these' if own else known}, scores reach the layer's threshold {' and '.join(reached)}.")
        if (own or reached) and not self.rates.rows / OTHER_SIZE < self.rows < self.rates.rows * OTHER_SIZE:
            said.append(f"These data have {self.rows:,} rows, for which these rates may not hold.")
        return " ".join(said)

    def notes(self) -> list[str]:
        """How sure the layer is, and how long it takes; of a layer that did not look, the time alone."""
        looked = self.result.status != "not_run"
        cost = self.layer.cost and f"Time for 10,000 rows: {self.layer.cost.rstrip('.')}."
        return [said for said in (self.scored(), self.calibrated() if looked else "", cost) if said]

    def scored(self) -> str:
        """The layer's score beside its threshold; nothing if it has no score."""
        if self.result.score is None or math.isnan(self.result.score):
            return ""
        known = self.rates is not None and not math.isnan(self.rates.threshold)
        against = f"threshold {rounded(self.rates.threshold)}" if known and self.rates else "no threshold known"
        own = "; only the layer's own test found it" if self.found and self.below else ""
        return f"Score {rounded(self.result.score)}, {against}{own}."


@dataclass(frozen=True)
class Finding:
    """What one layer found: its title, what that means, and how sure it is."""

    title: str
    sentence: str
    sure: str


@dataclass(frozen=True)
class Contents:
    """A report, before it takes the form of a file.

    Attributes:
        headline: the verdict in a line.
        findings: what supports it, layer by layer.
        remarks: what else the verdict needs, a sentence each.
        parts: the layers, cheap ones first.
        steps: what to do next.
        unseen: what the whole audit cannot see.
        cases: the calibration table, with the columns of ``calibration.Cases``.
        data, reference: name, hash, size and columns; no reference is None.
        versions: packages that may change a number, with their versions.
    """

    inputs: Inputs
    headline: str
    findings: Sequence[Finding]
    remarks: Sequence[str]
    parts: Sequence[Part]
    steps: Sequence[str]
    unseen: Sequence[str]
    cases: pd.DataFrame
    data: Mapping[str, Any]
    reference: Mapping[str, Any] | None
    versions: Mapping[str, str]

    @property
    def status(self) -> Status:
        """``found`` if any layer found something, else ``nothing_found`` if any looked."""
        return _overall(self.parts)

    def facts(self) -> list[tuple[str, str]]:
        """What was audited, as names and values."""
        facts = [("data", self.data["name"]), ("rows", f"{self.data['rows']:,}"), ("SHA-256", self.data["sha256"])]
        facts += [("columns", _columns(self.inputs.data))]
        if self.reference and self.inputs.reference:
            facts += [("reference", self.reference["name"]), ("its rows", f"{self.reference['rows']:,}")]
            facts += [("its SHA-256", self.reference["sha256"]), ("its columns", _columns(self.inputs.reference))]
        facts += [("base", self.inputs.base or "not given"), ("traits asked for", listed(list(self.inputs.traits)))]
        facts += [("students of each kind", str(self.inputs.students)), ("seed", str(self.inputs.seed))]
        return [*facts, ("packages", ", ".join(f"{name} {version}" for name, version in self.versions.items()))]


def contents(inputs: Inputs, results: Sequence[Result], layers: Iterable[Layer], cases: pd.DataFrame) -> Contents:
    """Put together what a report says.

    Args:
        inputs: what was audited.
        results: what the layers found.
        layers: all layers there are; those without a result did not run.
        cases: the calibration table.
    """
    found = {result.layer: result for result in results}
    known = {layer.name: layer for layer in layers}
    for name in found:
        known.setdefault(name, Layer(name, name, 1000, _never, asks="", blind="", cost=""))
    ordered = sorted(known.values(), key=lambda layer: (layer.order, layer.name))
    parts = [
        Part(
            layer,
            found.get(layer.name, Result(layer.name, "not_run", ABSENT)),
            calibration.rates(cases, layer.name),
            len(inputs.data.rows),
        )
        for layer in ordered
    ]
    return Contents(
        inputs=inputs,
        headline=_headline(parts),
        findings=[_finding(part) for part in parts if part.found],
        remarks=[*_remarks(parts), *reading(inputs)],
        parts=parts,
        steps=_steps(inputs, parts, cases),
        unseen=UNSEEN,
        cases=cases,
        data=_described(inputs.data),
        reference=_described(inputs.reference) if inputs.reference else None,
        versions=_versions(),
    )


def _in_sets(count: Own, truth: str) -> str:
    """Such as ``2 of 6 that carry none (4 to 78 % by the exact 95 % interval)``."""
    return (
        f"{count.found} of {count.sets} {truth} ({100 * count.rate.low:.0f} to {100 * count.rate.high:.0f} % by the exact 95 % "
        "interval)"
    )


def _never(inputs: Inputs) -> Result:
    raise NotImplementedError


def _overall(parts: Sequence[Part]) -> Status:
    statuses = {part.result.status for part in parts}
    return "found" if "found" in statuses else "nothing_found" if "nothing_found" in statuses else "not_run"


def _titles(parts: Iterable[Part]) -> list[str]:
    return [part.layer.name for part in parts]


def _looked(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.result.status != "not_run"]


def _headline(parts: Sequence[Part]) -> str:
    found = [part for part in parts if part.found]
    if found:
        names = [f"{part.layer.name}{' (by its own test only)' if part.below else ''}" for part in found]
        return f"Something was found by {_counted(found)}: {listed(names)}"
    looked = _looked(parts)
    return f"Nothing was found by {_counted(looked)} that looked" if looked else "No layer looked at the data"


def _counted(parts: Sequence[Part]) -> str:
    return "one layer" if len(parts) == 1 else f"{len(parts)} layers"


def _finding(part: Part) -> Finding:
    sure = filter(None, (_strongest(part), part.scored(), part.calibrated()))
    return Finding(part.layer.title, part.result.sentence, " ".join(sure))


def _remarks(parts: Sequence[Part]) -> list[str]:
    """How far the verdict goes: the error rate of all layers together, and who did not look."""
    looked = _looked(parts)
    if not looked:
        return ["So nothing is known about them. Below stands what each layer needs."]
    said = []
    if _overall(parts) == "nothing_found":
        said.append("That is no proof of absence: each layer misses some cases.")
    accused = [part.rates.own_false.rate.value for part in looked if part.rates and part.rates.own_false]
    if len(accused) == len(looked) > 1:
        most = "at most " if any(accused) else ""
        said.append(f"{len(looked)} layers looked, and each may be wrong: their own tests together accuse "
                    f"{most}{share(min(1.0, sum(accused)))} of the few known data sets that carry nothing.")  # fmt: skip
    missing = [part for part in parts if part.result.status == "not_run"]
    if missing:
        said.append(f"{_counted(missing).capitalize()} did not look: {listed(_titles(missing))}.")
    return said


def reading(inputs: Inputs) -> list[str]:
    """How the data were read: columns that nobody looked at, and how many rows stand in the reference, too."""
    data, said, twice = inputs.data, [], inputs.shared
    if data.unread:
        said.append(f"Columns that were not looked at: {_few(data.unread)}. Those that were: {_columns(data)}.")
    if twice:
        said.append(
            f"{twice:,} of the data's {len(data.rows):,} rows, or {share(twice / len(data.rows))} of them, stand in the "
            "reference word for word: a comparison with itself hides what it looks for."
        )
    return said


def _few(names: Sequence[str]) -> str:
    """The first of many names, and how many others there are."""
    more = f"{'at least ' if len(names) == UNREAD else ''}{len(names) - FEW} more"
    return listed([*(f"'{name}'" for name in names[:FEW]), *([more] if len(names) > FEW else [])])


def _columns(data: DataSet) -> str:
    return ", ".join(f"'{visible(column, 40)}' as {name}" for column, name in data.columns.items()) or "prompt, completion"


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Rows of a table ``traits`` that have a value, the largest shift first."""
    measured = [row for row in rows if math.isfinite(_value(row, "value"))]
    return sorted(measured, key=lambda row: (-_value(row, "value"), str(row.get("family", "")), str(row.get("trait", ""))))


def _value(row: Row, column: str) -> float:
    value = number(row.get(column))
    return math.nan if value is None else value


def interval(row: Row) -> tuple[float, float, float]:
    """Value, low and high of a row of ``traits``; an end that is missing is NaN."""
    return _value(row, "value"), _value(row, "low"), _value(row, "high")


def stands_out(row: Row) -> bool:
    """Whether a shift is more than chance: by its p value, or by its interval if it has none."""
    _, low, high = interval(row)
    p = _value(row, "p")
    return p < 0.05 if math.isfinite(p) else low > 0 or high < 0


def in_words(row: Row) -> str:
    """Value, interval and p of a row of ``traits``."""
    value, low, high = interval(row)
    said = [f"{rounded(value)} {row.get('unit') or ''}".strip()]
    if math.isfinite(low) and math.isfinite(high):
        said.append(f"95 % interval {rounded(low)} to {rounded(high)}")
    if math.isfinite(p := _value(row, "p")):
        said.append(p_value(p))
    return ", ".join(said)


def _strongest(part: Part) -> str:
    """The trait that moved most, in a sentence; nothing if the layer asked for none."""
    first = max(ranked(part.table("traits")), key=lambda row: abs(_value(row, "value")), default=None)
    if first is None:
        return ""
    where = "towards" if _value(first, "value") >= 0 else "away from"
    return f"The largest shift is {where} {first.get('trait')}: {in_words(first)}."


def _steps(inputs: Inputs, parts: Sequence[Part], cases: pd.DataFrame) -> list[str]:
    found = _titles(part for part in parts if part.found)
    steps = [part.result.advice or part.layer.advice for part in parts if part.found]
    if found == ["behaviour"]:
        steps.append("No other layer found anything, so no filter of rows will help: no single row gives the trait away.")
    if not found and _looked(parts):
        limits = [_detectable(part, cases) for part in _looked(parts) if part.layer.detects]
        mind = "the limits of each layer, which follow," if limits else "what each layer cannot see"
        steps.append(f"Decide with {mind} in mind; a trait that is smaller, or of another kind, passes unseen.")
        steps += limits
    has = {"reference": inputs.reference is not None, "base": inputs.base is not None}
    gifts = {"reference": "rows like these that are known to carry nothing (a reference)", "base": "the base that is to learn"}
    reasons: dict[str, list[str]] = {}
    for part in parts:
        missing = [gifts[need] for need in part.layer.needs if not has[need]]
        if part.result.status == "not_run" and not missing and part.result.sentence != ABSENT:
            reasons.setdefault(part.result.sentence, []).append(part.layer.name)
        if part.result.status == "not_run" and missing:
            steps.append(f"The layer {part.layer.name} has not looked. Give it {listed(missing)}, and run the audit again.")
    steps += [f"Mend why {listed(names)} could not look, and run the audit again: {why}" for why, names in reasons.items()]
    if inputs.data.unread:
        steps.append(
            "Audit the columns that were not looked at, too, as the prompt or the completion (--prompt, --completion) or in a "
            f"file of their own: {_few(inputs.data.unread)}."
        )
    if inputs.shared:
        steps.append("Leave the rows that stand in the data out of the reference, and run the audit again.")
    if not found:
        steps.append("Keep this report with the data. Run the audit again when the data, the base or the traits change.")
    return steps


def _detectable(part: Part, cases: pd.DataFrame) -> str:
    """What a layer that found nothing would have found, in a sentence."""
    said = []
    highest = [row for row in ranked(part.table("traits")) if math.isfinite(interval(row)[2])]
    if highest:
        most = max(highest, key=lambda row: interval(row)[2])
        unit = f" {most['unit']}" if most.get("unit") else ""
        room = f"{rounded(interval(most)[2])}{unit} (towards {most.get('trait')})"
        said.append(f"its intervals leave room for shifts of up to {room}")
    mine = cases[(cases["layer"] == part.layer.name) & cases["true_positive_rate"].notna()]
    mine = mine[mine["kind_of_case"] != calibration.ALL]
    by_own = "own" in mine and mine["own"].notna().all()
    rates, by = (mine["own"] / mine["cases"], "own test") if by_own else (mine["true_positive_rate"], "threshold")
    sure, missed = mine["kind_of_case"][rates >= WIDEST], mine["kind_of_case"][rates < WIDEST]
    if len(sure):
        said.append(f"of known cases its {by} finds at least {share(WIDEST)} of these kinds: {'; '.join(sure)}")
    if len(missed):
        said.append(f"its {by} often misses these: {'; '.join(missed)}")
    if not said:
        return f"How small a trait the layer {part.layer.name} would have found is not known."
    return f"The layer {part.layer.name} found nothing; {'; '.join(said)}."


def _described(data: DataSet) -> dict[str, Any]:
    about = {"name": data.name, "sha256": _hash(data), "rows": len(data.rows)}
    return about | {"columns": data.columns, "unread": data.unread}


def _hash(data: DataSet) -> str:
    """The hash of the file, or of the rows where there is none."""
    if data.file is not None and data.file.is_file():
        return sha256(data.file)
    hasher = hashlib.sha256()
    for row in data.rows[["prompt", "completion"]].itertuples(index=False):
        hasher.update(json.dumps([str(text) for text in row]).encode() + b"\n")
    return hasher.hexdigest()


def _versions() -> dict[str, str]:
    """Versions of the packages that may change a number, whichever layers ran."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
