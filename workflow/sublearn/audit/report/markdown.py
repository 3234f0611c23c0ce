"""Write a report as Markdown, for people who read it beside code; hostile words stand in code spans."""

from collections.abc import Sequence

from sublearn.audit.report.contents import READING, STATUSES, Contents, Part, Row, in_words, ranked
from sublearn.audit.report.text import cell
from sublearn.core.markdown import LONGEST, code, words

ROWS = 200  # of a table, at most


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of a Markdown table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[words(str(name).replace("_", " ")) for name in names], ["---"] * len(names)]
    lines += [[words(cell(row.get(name))) for name in names] for row in rows[:ROWS]]
    more = [f"{len(rows) - ROWS:,} more rows stand in audit.json.", ""] if len(rows) > ROWS else []
    return [*(f"| {' | '.join(line)} |" for line in lines), "", *more]


def as_markdown(contents: Contents) -> str:
    """The report as Markdown."""
    lines = [f"# Audit of {code(contents.data['name'])}", "", f"**{words(contents.headline)}.**", ""]
    lines += [f"- **{words(each.title)}.** {words(each.sentence)} {words(each.sure)}" for each in contents.findings]
    lines += [*(f"- {words(said)}" for said in contents.remarks), "", "## Layers", ""]
    lines += ["| layer | state | what that means |", "| --- | --- | --- |"]
    for part in contents.parts:
        lines.append(f"| {words(part.layer.title)} | {STATUSES[part.result.status]} | {words(part.result.sentence)} |")
    lines += ["", "## Traits, the largest shift first", "", *_traits(contents.parts)]
    lines += ["## Told apart from the reference, by bag of K rows", "", *_curves(contents.parts)]
    lines += ["## Rows to look at", "", *_flags(contents.parts), "## Layers, one by one", ""]
    for part in contents.parts:
        lines += _layer(part)
    lines += ["## What this audit cannot see", "", *(f"- {words(said)}" for said in contents.unseen)]
    lines += [f"- {words(part.layer.title)}: {words(part.layer.blind)}" for part in contents.parts if part.layer.blind]
    lines.append("")
    lines += ["## What to do next", "", *(f"- {words(said)}" for said in contents.steps), ""]
    lines += ["## How to read this", "", *(f"- {words(name)}: {words(meaning)}" for name, meaning in READING), ""]
    lines += ["## Known cases", "", *_calibration(contents), "## What was audited", ""]
    lines += [f"- {words(name)}: {words(value)}" for name, value in contents.facts()]
    return "\n".join(lines) + "\n"


def _traits(parts: Sequence[Part]) -> list[str]:
    lines = []
    for part in parts:
        if rows := ranked(part.table("traits")):
            shown = [{"trait": row.get("trait"), "family": row.get("family"), "shift": in_words(row)} for row in rows]
            lines += [f"### {words(part.layer.title)}", "", *table(shown)]
    return lines or ["No layer measured a shift.", ""]


def _curves(parts: Sequence[Part]) -> list[str]:
    lines = []
    for part in parts:
        if rows := part.table("curve"):
            lines += [f"### {words(part.layer.title)}", "", *table(rows)]
    return lines or ["No layer measured a curve.", ""]


def _flags(parts: Sequence[Part]) -> list[str]:
    lines = [
        f"| {words(part.layer.title)} | {words(flag.place, LONGEST)} | {words(flag.why, LONGEST)} | {code(flag.text)} |"
        for part in parts
        for flag in part.result.flags
    ]
    more = [line for part in parts if (said := part.result.shown()) for line in (words(f"{part.layer.title}: {said}"), "")]
    if not lines:
        return ["No layer flagged a row.", ""]
    return ["| layer | place | why | text |", "| --- | --- | --- | --- |", *lines, "", *more]


def _layer(part: Part) -> list[str]:
    layer, result = part.layer, part.result
    lines = [f"### {words(layer.title)}: {STATUSES[result.status]}", "", words(result.sentence), ""]
    said = [*part.notes(), layer.asks and f"Asks: {layer.asks}", layer.blind and f"Cannot see: {layer.blind}"]
    lines += [*(f"- {words(each)}" for each in said if each), ""]
    for name, rows in result.tables.items():
        lines += [f"#### {words(name.replace('_', ' '))}", "", *(table(rows) if rows else ["No rows.", ""])]
    return lines


def _calibration(contents: Contents) -> list[str]:
    lines = table(contents.cases.to_dict("records")) if len(contents.cases) else []
    bare = [part.layer.title for part in contents.parts if part.rates is None]
    return lines + ([f"Not calibrated: {words(', '.join(bare))}.", ""] if bare else [])
