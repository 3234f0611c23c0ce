"""Write a report as one web page that needs no network and no other file.

Text of rows is hostile. It enters the tree of the page as text only (``core.web``), with what cannot be seen written as its
code (``text.visible``), never as an attribute, and each in a ``bdi`` so that it turns none of its neighbours. The page's policy
lets nothing run but the script that sorts its tables.
"""

import math
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from sublearn.audit.layers.base import Flag
from sublearn.audit.report import charts, style
from sublearn.audit.report.contents import READING, STATUSES, Contents, Part, Row, interval, ranked
from sublearn.audit.report.text import cell, number
from sublearn.core import web
from sublearn.core.markdown import visible
from sublearn.core.web import Inside, element, html

ROWS = 200  # of a table, at most
OPEN = 12  # rows of a table or flags that are shown before one asks for all
SENTENCE = 2000  # characters of a sentence


def page(contents: Contents) -> str:
    """The report as an HTML document."""
    head = web.head(f"Audit of {visible(contents.data['name'], 80)}", style.SHEET, web.SORT)
    main = element(
        "main",
        element("section", _strip(contents.parts), class_="layers", aria_label="Layers"),
        _section("Traits, the largest shift first", *_traits(contents.parts)),
        _section("Told apart from the reference", *_curves(contents.parts)),
        _section("Rows to look at", *_flags(contents.parts)),
        _section("What each layer found", *(each for at, part in enumerate(contents.parts) for each in _layer(part, at))),
        _section("What this audit cannot see", *_blind(contents)),
        _section("What to do next", element("ul", *(element("li", text(said)) for said in contents.steps)), id_="next"),
        _section("How to read this", element("dl", *_terms(READING), class_="terms")),
        _section("Known cases", *_calibration(contents)),
        _section("What was audited", element("dl", *_terms(contents.facts()), class_="terms small")),
        id="main",
    )
    body = element("body", element("a", "Skip to the layers", class_="skip", href="#main"), _verdict(contents), main, _footer())
    body.append(element("script", web.SORT))
    return html(element("html", head, body, lang="en"))


def text(said: str, longest: int = SENTENCE) -> Element:
    """Text that others may have written."""
    return element("bdi", visible(said, longest))


def _verdict(contents: Contents) -> Element:
    findings = [
        element(
            "div",
            element("p", element("strong", text(each.title), "."), " ", text(each.sentence)),
            element("p", text(each.sure), class_="quiet small"),
            class_="finding",
        )
        for each in contents.findings
    ]
    remarks = [element("p", text(said)) for said in contents.remarks]
    onward = element("p", element("a", "What to do next", href="#next"))
    title = element("h1", "Audit of ", text(contents.data["name"], 120))
    return element("header", title, element("h2", text(contents.headline)), *findings, *remarks, onward, class_="verdict")


def _section(title: str, *inside: Inside, id_: str | None = None) -> Element:
    return element("section", element("h2", title), *inside, id=id_)


def _state(part: Part) -> Element:
    status = part.result.status
    return element("span", charts.mark(status), STATUSES[status], class_=f"state {status}")


def _link(part: Part, at: int) -> Element:
    return element("a", text(part.layer.name.capitalize()), href=f"#layer-{at}")


def _strip(parts: Sequence[Part]) -> Element:
    items = [element("li", _link(part, at), _state(part), class_=part.result.status) for at, part in enumerate(parts)]
    return element("ol", *items, class_="strip")


def _traits(parts: Sequence[Part]) -> list[Element]:
    """The dots of each layer that has a table ``traits``, a chart for each unit."""
    made = []
    for part in parts:
        rows = ranked(part.table("traits"))
        for unit in dict.fromkeys(str(row.get("unit") or "") for row in rows):
            mine = [row for row in rows if str(row.get("unit") or "") == unit]
            scale = f"Shift in {visible(unit)}" if unit else "Shift"
            spread = ", with its 95 % interval" if any(math.isfinite(interval(row)[1]) for row in mine) else ""
            made += [element("h3", text(part.layer.title)), _note(f"{scale}{spread}."), charts.dots(mine)]
            if len(mine) > charts.DOTS:
                made.append(_note(f"{len(mine) - charts.DOTS:,} more stand in the layer's table."))
    return made or [_note("No layer measured a shift.")]


def _curves(parts: Sequence[Part]) -> list[Element]:
    made = []
    for part in parts:
        if rows := part.table("curve"):
            figure = element("div", charts.curve(rows), charts.key(), class_="curve")
            made += [element("p", "How well a classifier tells K rows of the data from K reference rows (AUROC)."), figure]
    return made or [_note("No layer measured a curve.")]


def _flags(parts: Sequence[Part]) -> list[Element]:
    flags = [(part, flag) for part in parts for flag in part.result.flags]
    if not flags:
        return [_note("No layer flagged a row.")]
    made = [_flag_table(flags[:OPEN])]
    if len(flags) > OPEN:
        made.append(element("details", element("summary", f"{len(flags) - OPEN:,} more rows"), _flag_table(flags[OPEN:])))
    return made + [_note(f"{part.layer.name}: {said}") for part in parts if (said := part.result.shown())]


def _flag_table(flags: Sequence[tuple[Part, Flag]]) -> Element:
    heads = element("tr", *(element("th", name, scope="col") for name in ("layer", "place", "why", "text")))
    rows = [
        element(
            "tr",
            element("td", text(part.layer.name)),
            element("td", text(flag.place, 60)),
            element("td", text(flag.why, 200)),
            element("td", element("bdi", element("code", visible(flag.text)))),
        )
        for part, flag in flags
    ]
    return _wide(element("table", element("thead", heads), element("tbody", *rows), class_="sortable rows"), "rows to look at")


def _layer(part: Part, at: int) -> list[Element]:
    layer, result = part.layer, part.result
    made = [
        element("h3", text(layer.title), id=f"layer-{at}"),
        element("p", _state(part)),
        element("p", text(layer.asks), class_="quiet") if layer.asks else None,
        element("p", text(result.sentence)),
        element("p", text(" ".join(part.notes())), class_="quiet small"),
    ]
    for name, rows in result.tables.items():
        count = element("span", "1 row" if len(rows) == 1 else f"{len(rows):,} rows", class_="quiet small")
        title = element("summary", element("h4", text(name.replace("_", " "))), count)
        made.append(element("details", title, *_table(rows), open="" if len(rows) <= OPEN else None))
    return [each for each in made if each is not None]


def _table(rows: Sequence[Row]) -> list[Element]:
    """A table whose columns can be sorted, and what it leaves out."""
    if not rows:
        return [_note("No rows.")]
    names = list(dict.fromkeys(name for row in rows for name in row))
    numeric = {name: all(number(row.get(name)) is not None for row in rows) for name in names}
    kinds = {name: "n" if numeric[name] else None for name in names}
    heads = [element("th", text(str(name).replace("_", " ")), scope="col", class_=kinds[name]) for name in names]
    lines = [element("tr", *(_cell(row, name, numeric[name]) for name in names)) for row in rows[:ROWS]]
    made = element("table", element("thead", element("tr", *heads)), element("tbody", *lines), class_="sortable")
    more = [_note(f"{len(rows) - ROWS:,} more rows stand in audit.json.")] if len(rows) > ROWS else []
    return [_wide(made, "table"), *more]


def _cell(row: Row, name: str, numeric: bool) -> Element:
    value = number(row.get(name))
    sorted_by = repr(value) if value is not None and math.isfinite(value) else None
    return element("td", text(cell(row.get(name)), 400), class_="n" if numeric else None, data_n=sorted_by)


def _wide(table: Element, name: str) -> Element:
    """A table that scrolls sideways where it does not fit; the keyboard reaches it too."""
    return element("div", table, class_="wide", tabindex=0, role="region", aria_label=name)


def _note(said: str) -> Element:
    return element("p", said, class_="quiet")


def _blind(contents: Contents) -> list[Element]:
    own = [element("li", element("strong", text(part.layer.title)), ": ", text(part.layer.blind)) for part in contents.parts
           if part.layer.blind]  # fmt: skip
    general = element("ul", *(element("li", said) for said in contents.unseen))
    return [general, element("h3", "Layer by layer"), element("ul", *own)] if own else [general]


def _terms(pairs: Sequence[tuple[str, str]]) -> list[Element]:
    return [made for name, value in pairs for made in (element("dt", name), element("dd", text(value)))]


def _calibration(contents: Contents) -> list[Element]:
    made = [element("p", "What each layer did on data sets whose truth is known, on bases that it was not fitted on.")]
    made += _table(contents.cases.to_dict("records")) if len(contents.cases) else []
    bare = [part.layer.title for part in contents.parts if part.rates is None]
    return made + ([element("p", text(f"Not calibrated: {', '.join(bare)}."))] if bare else [])


def _footer() -> Element:
    return element("footer", element("p", "The same data, base and seed give this page again, byte for byte. "
                                     "All numbers and the rows as they stand are in audit.json.", class_="small"))  # fmt: skip
