"""How the report looks beside what all pages share (``core.web``)."""

SHEET = """
h4 { margin: 0; font-size: 1rem; font-weight: 600; display: inline }
.verdict h2 { margin: .75rem 0 1.5rem; font-size: 2rem; max-width: 44rem }
.finding { margin-bottom: 1.5rem }
.finding p { margin-bottom: .2rem }
.strip {
  list-style: none; margin: 2.5rem 0 0; padding: 0;
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 1.5rem 1rem
}
.strip > li { margin: 0; padding-top: .6rem; border-top: 4px solid var(--calm) }
.strip > .found { border-top-color: var(--alarm) }
.strip > .not_run { border-top: 4px dotted var(--rule) }
.strip a { display: block; font-weight: 600; color: var(--ink) }
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
svg text { stroke: none; fill: var(--quiet); font-size: .8125rem }
.grid { stroke: var(--line) }
.hollow { fill: var(--paper) }
.curve { max-width: 40rem; margin: 1rem 0 }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .5rem 0 1rem; font-size: .875rem }
.key span { display: inline-flex; align-items: center; gap: .5rem }
.key svg { width: 2rem; height: 1rem; flex: none }
.rows { width: 100% }
.rows td { min-width: 6.5rem; max-width: none; overflow-wrap: anywhere }
.rows td:nth-child(3) { min-width: 10rem }
td code {
  background: var(--raised); padding: .1rem .35rem; border-radius: 3px;
  -webkit-box-decoration-break: clone; box-decoration-break: clone
}
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
"""
