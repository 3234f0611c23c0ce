"""Write the scorecard as a web page that needs no network: it sorts and filters claims, and opens a figure beside its claim.

Without scripts, the page shows the same claims in their own order, and figures open all the same.
"""

import math
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from sublearn.core import web
from sublearn.core.web import element
from sublearn.reporting.scorecard_markdown import ABOUT, caveat, headline, shown, totals
from sublearn.reporting.scorecard_rows import NOT_RUN, ORDER, ORIGINS, PAPER, Row

COLUMNS = ("claim", "study", "source", "measured here", "verdict")
TONES = {"reproduced": "calm", "not_reproduced": "alarm", "opposite": "alarm"}
# Signs of the verdicts that need no colour.
MARKS: Mapping[str, Mapping[str, str | float]] = {
    "reproduced": {"d": "M2 9 6 13 14 3", "fill": "none", "stroke_width": 2.5},
    "not_reproduced": {"d": "M8 2A6 6 0 1 0 8 14A6 6 0 1 0 8 2M8 2V14", "fill": "none", "stroke_width": 2},
    "opposite": {"d": "M3 3 13 13M13 3 3 13", "fill": "none", "stroke_width": 2.5},
    "not_measured": {"d": "M3 8H13", "fill": "none", "stroke_width": 2},
    "not_run": {"d": "M2 8H14", "fill": "none", "stroke_width": 2, "stroke_dasharray": "3 1.5"},
}
SCALE = "Below each number, a line is its interval, a dot its mean, and the shaded ground the claimed side of the bound."
SHEET = """
header, main, footer { max-width: 76rem }
header h2 { font-size: 1.8rem; margin: .75rem 0 1.5rem; max-width: 52rem }
section { margin-top: 3rem }
.state.calm, .state.alarm { font-weight: 600 }
.totals td:first-child { min-width: 9rem }
.filters { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: end; margin: 0 0 .5rem }
.filters[hidden] { display: none }
.filters label { display: grid; gap: .2rem; font-size: .875rem; color: var(--quiet) }
select {
  font: inherit; font-size: 1rem; color: var(--ink); background: var(--raised);
  border: 1px solid var(--rule); border-radius: 4px; padding: .3rem .5rem; max-width: 100%
}
.claims { width: 100%; table-layout: fixed }
.claims th:nth-child(1) { width: 31% }
.claims th:nth-child(2) { width: 13% }
.claims th:nth-child(3) { width: 18% }
.claims th:nth-child(5) { width: 12% }
.claims td { max-width: none; overflow-wrap: anywhere }
.claims tr:first-child td { border-bottom: 0; padding-bottom: .1rem; padding-top: 1rem }
.claims .statement { font-size: 1rem; line-height: 1.4 }
.claims .name { display: block; margin-top: .2rem; color: var(--quiet) }
.claims .unit { white-space: nowrap; color: var(--quiet) }
.claims .state { white-space: nowrap }
.claims td.more { padding-bottom: 1rem }
.more p { margin: 0; max-width: 60rem }
.more details { margin: .25rem 0 0 }
.more summary { width: fit-content; color: var(--calm) }
.more img { display: block; max-width: 100%; max-height: 32rem; background: #fff; padding: .75rem; margin-top: .5rem }
.scale { height: 22px; margin-top: .35rem }
.band { fill: var(--line); stroke: none }
.bound { stroke: var(--ink); stroke-dasharray: 3 2 }
@media (max-width: 46rem) {
  header h2 { font-size: 1.4rem }
  .claims, .claims tbody, .claims thead { display: block }
  .claims thead tr { display: flex; flex-wrap: wrap; gap: 0 1.25rem }
  .claims thead th { padding: .3rem 0; border: 0; width: auto }
  .claims tr { display: block }
  .claims tr td { display: block; padding: .1rem 0; border: 0 }
  .claims tr:first-child td { padding: .1rem 0 }
  .claims tr:first-child .statement { padding-top: 1rem }
  .claims td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet) }
  .claims tbody { border-bottom: 1px solid var(--line) }
}
"""
FILTER = """
const filters = document.querySelector(".filters"), bodies = [...document.querySelectorAll(".claims tbody")];
const choices = [...filters.querySelectorAll("select")];
const apply = () => {
  for (const body of bodies) body.hidden = choices.some(each => each.value && body.dataset[each.name] !== each.value);
  const seen = bodies.filter(body => !body.hidden).length;
  document.querySelector("output").textContent = `${seen} of ${bodies.length} claims`;
};
filters.addEventListener("change", apply);
filters.hidden = false;
apply();
"""
SCRIPT = web.SORT + FILTER


def page(rows: Sequence[Row]) -> str:
    """The scorecard as an HTML document."""
    # A page that is opened from disk has no origin of its own: 'self' is then for servers, file: for the disk.
    head = web.head("Scorecard: subliminal learning", SHEET, SCRIPT, "'self' file:")
    header = element(
        "header", element("h1", "Scorecard"), element("h2", headline(rows)),
        *(element("p", *_bold(text)) for text in (caveat(rows), *ABOUT, SCALE)),
    )  # fmt: skip
    main = element(
        "main",
        element("section", element("h2", "Claims"), _filters(rows), _claims(rows)),
        element("section", element("h2", "Studies"), _totals(rows)),
        id="main",
    )
    said = "The same findings and study files give this page again, byte for byte; scorecard.md holds the same rows."
    footer = element("footer", element("p", said, class_="small"))
    body = element("body", element("a", "Skip to the claims", class_="skip", href="#main"), header, main, footer)
    body.append(element("script", SCRIPT))
    return web.html(element("html", head, body, lang="en"))


def _bold(text: str) -> list[Element | str]:
    """A text of Markdown that has bold, slanted and code parts and nothing else."""
    made: list[Element | str] = []
    for at, part in enumerate(text.split("**")):
        for inner, piece in enumerate(part.split("*")):
            for deep, bit in enumerate(piece.split("`")):
                tag = "code" if deep % 2 else "em" if inner % 2 else "strong" if at % 2 else ""
                made.append(element(tag, bit) if tag else bit)
    return made


def _state(verdict: str) -> Element:
    sign = element("svg", element("path", **MARKS[verdict]), class_="mark", viewBox="0 0 16 16", aria_hidden="true")
    return element("span", sign, shown(verdict), class_=f"state {TONES.get(verdict, 'quiet')}")


def _filters(rows: Sequence[Row]) -> Element:
    """Three choices; a script shows them, since they do nothing without one."""
    present = {row.verdict for row in rows}
    choices = {
        "study": [(name, name) for name, _, _ in totals(rows)],
        "verdict": [(verdict, shown(verdict)) for verdict in ORDER if verdict in present],
        "origin": [(origin, origin) for origin in ORIGINS],
    }
    words = {"study": "Study", "verdict": "Verdict", "origin": "Claim made by"}
    labels = [
        element("label", words[name], element("select", element("option", "all", value=""),
                *(element("option", text, value=value) for value, text in values), name=name))
        for name, values in choices.items()
    ]  # fmt: skip
    return element("div", *labels, element("output", class_="small"), class_="filters", hidden="", role="group",
                   aria_label="Filter claims")  # fmt: skip


def _claims(rows: Sequence[Row]) -> Element:
    heads = element("thead", element("tr", *(element("th", name, scope="col") for name in COLUMNS)))
    return element("table", heads, *map(_claim, rows), class_="claims sortable bodies")


def _claim(row: Row) -> Element:
    """A body of two rows: what one compares, and below it what one reads."""
    rule = row.rule
    paper = [element("span", f"the paper: {rule.paper_value}", element("br"))] if rule.paper_value else []
    origin = rule.source if row.origin in (PAPER, rule.source) else f"{row.origin}: {rule.source}"
    first = element(
        "tr",
        element("td", rule.statement, element("code", rule.claim, class_="name"), class_="statement"),
        element("td", row.study, data_label="study"),
        element("td", *paper, element("span", origin, class_="quiet"), data_label="source"),
        element("td", *_here(row), class_="here", data_n=_sorted_by(row), data_label="measured here"),
        element("td", _state(row.verdict), data_n=ORDER.index(row.verdict)),
    )
    more = [element("p", element("span", "Rule: ", class_="quiet"), rule.rule), _change(row)]
    if row.figure:
        name = row.figure.rsplit("/", 1)[-1].removesuffix(".svg").replace("_", " ")
        image = element("img", src=row.figure, alt=f"The figure {name} of {row.study}", loading="lazy")
        link = element("p", element("a", row.figure, href=row.figure))
        more.append(element("details", element("summary", f"Figure: {name}"), image, link))
    second = element("tr", element("td", *more, colspan=len(COLUMNS), class_="more small"))
    return element("tbody", first, second, id=f"{row.study}.{rule.claim}", data_study=row.study, data_verdict=row.verdict,
                   data_origin=row.origin)  # fmt: skip


def _sorted_by(row: Row) -> str:
    return "" if math.isnan(row.measured.value) else repr(row.measured.value)


def _change(row: Row) -> Element:
    said, colon, command = row.change.partition(": .venv/")
    inside = [f"{said}: ", element("code", f".venv/{command}")] if colon else [said]
    quiet = "" if row.verdict == NOT_RUN else "To change it: "
    return element("p", element("span", quiet, class_="quiet"), *inside)


def _here(row: Row) -> list[Element | str]:
    if not row.value:
        return [element("span", "nothing", class_="quiet")]
    between = f" ({row.interval})" if row.interval else ""
    over = element("span", row.unit, class_="unit") if row.unit else None
    said = element("span", element("strong", row.value), between, ", ", over) if over is not None else element(
        "span", element("strong", row.value), between)  # fmt: skip
    return [said, _scale(row)] if not math.isnan(row.bound) else [said]


def _scale(row: Row) -> Element:
    """The interval and the mean as a line and a dot, the claimed side of the bound as a band, on a scale of its own."""
    how, bound, measured = row.rule.comparison, row.bound, row.measured
    bounds = [-bound, bound] if how == "within" else [bound]
    ends = [value for value in (measured.low, measured.high, measured.value, *bounds) if math.isfinite(value)]
    room = 0.15 * (max(ends) - min(ends) or abs(bound) or 1.0)
    low, high = min(ends) - room, max(ends) + room

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    start = 0.0 if how == "below" else place(bounds[0])
    stop = 100.0 if how == "above" else place(bounds[-1])
    shapes = [element("rect", x=f"{start}%", width=f"{round(stop - start, 2)}%", y=2, height=18, class_="band")]
    shapes += [element("line", x1=f"{place(at)}%", x2=f"{place(at)}%", y1=0, y2=22, class_="bound") for at in bounds]
    if math.isfinite(measured.low):
        ends_at = {"x1": f"{place(measured.low)}%", "x2": f"{place(measured.high)}%"}
        shapes.append(element("line", **ends_at, y1=11, y2=11, stroke_width=2.0))
    shapes.append(element("circle", cx=f"{place(measured.value)}%", cy=11, r=4.5, stroke="none"))
    return element("svg", *shapes, class_=f"scale {TONES.get(row.verdict, 'plain')}", aria_hidden="true")


def _totals(rows: Sequence[Row]) -> Element:
    names = ["study", *map(shown, ORDER)]
    heads = element("tr", *(element("th", name, scope="col", class_="n" if at else None) for at, name in enumerate(names)))
    lines = [
        element("tr", element("td", element("code", name), f" {title}"),
                *(element("td", str(count) if count else "", class_="n", data_n=count) for count in counts))
        for name, title, counts in totals(rows)
    ]  # fmt: skip
    table = element("table", element("thead", heads), element("tbody", *lines), class_="sortable totals")
    return element("div", table, class_="wide", tabindex=0, role="region", aria_label="Verdicts by study")
