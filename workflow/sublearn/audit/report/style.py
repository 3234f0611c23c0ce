"""How the page looks, in light and dark, and the few lines of script that sort its tables.

Orange and blue are those of the figures (``core.drawing``), which colour-blind readers can tell apart, darkened or
lightened until they can be read: text has a contrast of at least 4.5:1 to what it stands on, marks of at least 3:1.
"""

import base64
import hashlib
from collections.abc import Mapping

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
h4 { margin: 0; font-size: 1rem; font-weight: 600; display: inline }
p, ul, dl { margin: 0 0 1rem; max-width: 44rem }
li { margin-bottom: .6rem }
a { color: var(--calm); text-underline-offset: .2em }
:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px; border-radius: 2px }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: 1rem; padding: .4rem .8rem; background: var(--paper) }
.verdict h2 { margin: .75rem 0 1.5rem; font-size: 2rem; max-width: 44rem }
.finding { margin-bottom: 1.5rem }
.finding p { margin-bottom: .2rem }
.quiet { color: var(--quiet) }
.small { font-size: .875rem }
code { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; white-space: pre-wrap }
.strip {
  list-style: none; margin: 2.5rem 0 0; padding: 0;
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 1.5rem 1rem
}
.strip > li { margin: 0; padding-top: .6rem; border-top: 4px solid var(--calm) }
.strip > .found { border-top-color: var(--alarm) }
.strip > .not_run { border-top: 4px dotted var(--rule) }
.strip a { display: block; font-weight: 600; color: var(--ink) }
.state { display: inline-flex; align-items: center; gap: .4rem; font-size: .9rem }
.state svg { flex: none }
.found > .state, .state.found { color: var(--alarm); font-weight: 600 }
.nothing_found > .state, .state.nothing_found { color: var(--calm) }
.not_run > .state, .state.not_run { color: var(--quiet) }
.dots { list-style: none; margin: 1rem 0 0; padding: 0; font-size: .9375rem }
.dots li {
  display: grid; grid-template: "name chart told" / 12rem minmax(8rem, 1fr) 17rem; column-gap: 1.25rem;
  align-items: center; margin: 0
}
.dots svg { grid-area: chart }
.dots .family { color: var(--quiet); font-size: .8125rem }
.dots .told {
  display: flex; justify-content: space-between; gap: 0 1rem; flex-wrap: wrap;
  font-variant-numeric: tabular-nums; font-size: .8125rem; color: var(--quiet)
}
svg { display: block; width: 100%; overflow: visible; fill: currentColor; stroke: currentColor }
svg text { stroke: none; fill: var(--quiet); font-size: .8125rem }
.mark { width: .9rem; height: .9rem }
.grid { stroke: var(--line) }
.zero { stroke: var(--rule) }
.alarm { color: var(--alarm) }
.calm { color: var(--calm) }
.plain { color: var(--quiet) }
.hollow { fill: var(--paper) }
.curve { max-width: 40rem; margin: 1rem 0 }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .5rem 0 1rem; font-size: .875rem }
.key span { display: inline-flex; align-items: center; gap: .5rem }
.key svg { width: 2rem; height: 1rem; flex: none }
.wide { overflow-x: auto; margin: .75rem 0 1.5rem }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.45 }
.rows { width: 100% }
th, td {
  padding: .45rem 1.5rem .45rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid var(--line)
}
th { font-weight: 600; vertical-align: bottom; overflow-wrap: normal; border-bottom-color: var(--rule) }
th:last-child, td:last-child { padding-right: 0 }
.n { text-align: right; font-variant-numeric: tabular-nums }
td.n { white-space: nowrap }
td { max-width: 26rem; overflow-wrap: break-word }
.rows td { min-width: 6.5rem; max-width: none; overflow-wrap: anywhere }
.rows td:nth-child(3) { min-width: 10rem }
td code {
  background: var(--raised); padding: .1rem .35rem; border-radius: 3px;
  -webkit-box-decoration-break: clone; box-decoration-break: clone
}
th button { all: unset; cursor: pointer; padding: .1rem 0 }
th button:focus-visible { outline: 3px solid var(--calm); outline-offset: 2px }
th button::after { content: "\\a0\\2195"; color: var(--quiet); font-weight: 400 }
th[aria-sort=ascending] button::after { content: "\\a0\\2191"; color: var(--ink) }
th[aria-sort=descending] button::after { content: "\\a0\\2193"; color: var(--ink) }
details { margin: 1rem 0 }
summary { cursor: pointer }
summary .small { margin-left: .5rem }
.terms { display: grid; grid-template-columns: 11rem 1fr; gap: .5rem 1.25rem; max-width: 54rem }
dt { color: var(--quiet) }
dd { margin: 0 }
@media (max-width: 46rem) {
  .verdict h2 { font-size: 1.6rem }
  section { margin-top: 3rem }
  .dots li { grid-template: "name told" "chart chart" / 1fr auto; margin-bottom: .5rem }
  .dots .told { flex-direction: column; text-align: right }
  .terms { grid-template-columns: 1fr; gap: 0 }
  .terms dd { margin-bottom: .6rem }
  .rows thead { position: absolute; left: -99rem }
  .rows, .rows tbody { display: block }
  .rows tr { display: block; padding: .7rem 0; border-bottom: 1px solid var(--line) }
  .rows td { display: inline; padding: 0; border: 0; color: var(--quiet) }
  .rows td:nth-last-child(n + 3)::after { content: " · " }
  .rows td:last-child { display: block; color: var(--ink) }
}
@media print { details > * { display: block } .skip { display: none } }
"""

# Sorts a table by a column when its heading is pressed: numbers by the attribute data-n, all else by its text.
SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      const key = row => row.cells[column].dataset.n ?? row.cells[column].textContent;
      const compare = (a, b) => a === "" || b === "" ? (a === "") - (b === "") : down * a.localeCompare(b);
      const order = (a, b) => isNaN(a) || isNaN(b) || a === "" || b === "" ? compare(a, b) : down * (a - b);
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort((a, b) => order(key(a), key(b))));
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
    });
  });
}
"""


def sheet() -> str:
    """The style sheet with both sets of colours."""
    return f":root {{ {_variables(LIGHT)} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}{SHEET}"


def _variables(colours: Colours) -> str:
    return "; ".join(f"--{name}: {colour}" for name, colour in colours.items())


def policy() -> str:
    """What the page may do: use its own style and this script, and nothing else."""
    script = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{script}'; style-src 'unsafe-inline'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
