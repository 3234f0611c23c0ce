"""Write web pages that need no network: elements as a tree, so that text can never become markup; a style; sorted tables.

The style is for light and dark. Orange and blue are those of the figures (``core.drawing``), which colour-blind readers can
tell apart, darkened or lightened until they can be read: text has a contrast of at least 4.5:1 to what it stands on, marks of
at least 3:1.
"""

import base64
import hashlib
from collections.abc import Mapping
from xml.etree.ElementTree import Element, tostring

Colours = Mapping[str, str]

# paper and raised are grounds; all others are written or drawn on them.
LIGHT: Colours = {
    "paper": "#ffffff",
    "raised": "#f5f6f8",
    "ink": "#1f2328",
    "quiet": "#5b636d",
    "line": "#d5d9df",
    "rule": "#868e98",
    "alarm": "#b3430b",
    "calm": "#2f6299",
}
DARK: Colours = {
    "paper": "#15181c",
    "raised": "#1f2329",
    "ink": "#e6e8eb",
    "quiet": "#a3abb5",
    "line": "#363c44",
    "rule": "#7d8691",
    "alarm": "#ff9d5c",
    "calm": "#86b7ec",
}

SHEET = """
*, ::before, ::after { box-sizing: border-box }
html { color-scheme: light dark; -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink) }
body { font: 1rem/1.6 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
header, main, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; overflow-wrap: anywhere }
header { padding-top: 2.5rem }
footer {
  margin-top: 4rem; padding-top: 1.5rem; padding-bottom: 3rem;
  border-top: 1px solid var(--line); color: var(--quiet)
}
section { margin-top: 4rem }
h1 { margin: 0; font-size: 1.05rem; font-weight: 500; color: var(--quiet) }
h2 { margin: 0 0 1rem; font-size: 1.45rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em }
h3 { margin: 2.75rem 0 .5rem; font-size: 1.1rem; line-height: 1.35; font-weight: 650 }
h2 + h3 { margin-top: 1.5rem }
p, ul, dl { margin: 0 0 1rem; max-width: 44rem }
li { margin-bottom: .6rem }
a { color: var(--calm); text-underline-offset: .2em }
:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px; border-radius: 2px }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: 1rem; padding: .4rem .8rem; background: var(--paper) }
.quiet { color: var(--quiet) }
.small { font-size: .875rem }
code { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; white-space: pre-wrap }
.state { display: inline-flex; align-items: center; gap: .4rem; font-size: .9rem }
.state svg { flex: none }
svg { display: block; width: 100%; overflow: visible; fill: currentColor; stroke: currentColor }
.mark { width: .9rem; height: .9rem }
.zero { stroke: var(--rule) }
.alarm { color: var(--alarm) }
.calm { color: var(--calm) }
.plain { color: var(--quiet) }
.wide { overflow-x: auto; margin: .75rem 0 1.5rem }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.45 }
th, td {
  padding: .45rem 1.5rem .45rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid var(--line)
}
th { font-weight: 600; vertical-align: bottom; overflow-wrap: normal; border-bottom-color: var(--rule) }
th:last-child, td:last-child { padding-right: 0 }
.n { text-align: right; font-variant-numeric: tabular-nums }
td.n { white-space: nowrap }
td { max-width: 26rem; overflow-wrap: break-word }
th button { all: unset; cursor: pointer; padding: .1rem 0 }
th button:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px }
th button::after { content: "\\a0\\2195"; color: var(--quiet); font-weight: 400 }
th[aria-sort=ascending] button::after { content: "\\a0\\2191"; color: var(--ink) }
th[aria-sort=descending] button::after { content: "\\a0\\2193"; color: var(--ink) }
details { margin: 1rem 0 }
summary { cursor: pointer }
@media print { ::details-content { content-visibility: visible; height: auto } .skip { display: none } }
"""

# Sorts a table by a column when its heading is pressed: numbers by the attribute data-n, all else by its text. In a table of
# the class "bodies", each body stays whole, and is sorted by its first row.
SORT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      const cell = part => (part.rows?.[0] ?? part).cells[column];
      const key = part => cell(part).dataset.n ?? cell(part).textContent;
      const compare = (a, b) => a === "" || b === "" ? (a === "") - (b === "") : down * a.localeCompare(b);
      const order = (a, b) => isNaN(a) || isNaN(b) || a === "" || b === "" ? compare(a, b) : down * (a - b);
      const [whole, parts] = table.matches(".bodies") ? [table, table.tBodies] : [table.tBodies[0], table.tBodies[0].rows];
      whole.append(...[...parts].sort((a, b) => order(key(a), key(b))));
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
    });
  });
}
"""

Inside = Element | str | None


def element(tag: str, /, *inside: Inside, **attributes: str | float | None) -> Element:
    """An element that holds texts and other elements, in order; None is left out.

    An attribute's name may end in ``_`` (``class_``) and has ``-`` for ``_`` (``aria_label``).
    """
    made = Element(tag)
    for attribute, value in attributes.items():
        if value is not None:
            made.set(attribute.rstrip("_").replace("_", "-"), f"{value:g}" if isinstance(value, float) else str(value))
    for each in inside:
        if isinstance(each, str):
            _append_text(made, each)
        elif each is not None:
            made.append(each)
    return made


def _append_text(made: Element, text: str) -> None:
    if len(made):
        made[-1].tail = (made[-1].tail or "") + text
    else:
        made.text = (made.text or "") + text


def html(root: Element) -> str:
    """The tree as an HTML document."""
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def head(title: str, own_sheet: str, script: str, images: str = "data:") -> Element:
    """The head of a page: its title, its style, and its policy: it may use this style and this script, and nothing else.

    Args:
        title: the page's title.
        own_sheet: rules beside those that all pages share.
        script: the page's only script.
        images: where images may come from.
    """
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script, images)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", _sheet(own_sheet)),
    )


def _sheet(own: str) -> str:
    """The style sheet with both sets of colours."""
    colours = f":root {{ {_variables(LIGHT)} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}"
    return f"{colours}{SHEET}{own.lstrip()}"


def _variables(colours: Colours) -> str:
    return "; ".join(f"--{name}: {colour}" for name, colour in colours.items())


def _policy(script: str, images: str) -> str:
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{hashed}'; style-src 'unsafe-inline'; img-src {images}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
