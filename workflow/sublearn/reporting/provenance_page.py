"""Write the report's provenance page of a study: bases, seeds, code, packages, and the number of artifacts by step.

    python -m sublearn.reporting.provenance_page --study tiny --findings FILE FILE --output FILE

The page is HTML. It shows what the records beside the artifacts say when it is written; ``sublearn trace`` checks
them again.
"""

import argparse
from html import escape
from pathlib import Path

from sublearn.core import cli
from sublearn.core.errors import UserError
from sublearn.core.files import write_text
from sublearn.planning.phases import PHASES
from sublearn.provenance.chain import Chain, follow, problems
from sublearn.provenance.made import Made

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222 }}
table {{ border-collapse: collapse }} td, th {{ text-align: left; padding: .2em .9em .2em 0; border-bottom: 1px solid #ddd }}
code {{ font-size: 90% }}</style></head><body>
<h1>{title}</h1>
<p>Every figure and table of this study was followed back through the records beside its artifacts: {artifacts} artifacts, to
{beginning}. {verdict} <code>sublearn trace FILE</code> checks any file again.</p>
<h2>What everything began with</h2>
{roots}
{rows}
<h2>Steps</h2>
{steps}
<h2>Packages</h2>
{packages}
</body></html>
"""


def table(heads: list[str], rows: list[list[str]]) -> str:
    """An HTML table; the text is escaped."""
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    return "\n".join(["<table>", f"<tr>{head}</tr>", *(f"<tr>{line}</tr>" for line in lines), "</table>"])


def steps(chain: Chain) -> list[list[str]]:
    """One row per step and code, in the order of the phases: how many artifacts it made."""
    groups: dict[tuple[int, str, str], list[Made]] = {}
    for artifact in chain.artifacts:
        place = PHASES.index(artifact.phase) if artifact.phase in PHASES else -1
        groups.setdefault((place, artifact.record["step"], artifact.record["code"]), []).append(artifact)
    return [[group[0].phase, name, code[:16], str(len(group))] for (_, name, code), group in sorted(groups.items())]


def page(study: str, chain: Chain) -> str:
    """The page of a study, as HTML."""
    versions = {(name, version) for one in chain.artifacts for name, version in one.record["packages"].items()}
    wrong = "; ".join(problems(chain))
    verdict = f"The chain is broken: {escape(wrong)}." if wrong else "Each file is as it was made."
    others = [[each.file, each.sha256, each.origin or "not stated"] for each in chain.imported]
    if others:
        verdict += " Some rows were written by others; their teacher and its base are unknown."
    return PAGE.format(
        title=f"Provenance of {escape(study)}",
        artifacts=len(chain.artifacts),
        beginning=chain.beginning,
        verdict=verdict,
        roots=table(["weights", "SHA-256"], [list(base) for base in sorted(chain.bases.items())])
        if chain.bases
        else "<p>No base outlives its step in this study.</p>",
        rows=table(["rows that others wrote", "SHA-256", "origin, as the study states it"], others) if others else "",
        steps=table(["phase", "step", "hash of its code", "artifacts"], steps(chain)),
        packages=table(["package", "version"], [list(one) for one in sorted(versions)]),
    )


def main(args: argparse.Namespace) -> None:
    chain = follow([Path(file) for file in args.findings])
    if not chain.artifacts:
        raise UserError(f"{args.findings[0]}: there is no provenance file beside it; make it again with snakemake --forcerun.")
    write_text(page(args.study, chain), args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", required=True)
    parser.add_argument("--findings", nargs="+", required=True)
    parser.add_argument("--output", required=True)
    cli.run(main, parser)
