"""Write the report's provenance page of a study: bases, seeds, code, packages, and the number of artifacts by step.

    python -m sublearn.reporting.provenance_page --study tiny --findings FILE FILE --output FILE

The page is HTML. It shows what the records beside the artifacts say when it is written; ``sublearn trace`` checks
them again.
"""

import argparse
from pathlib import Path
from xml.etree.ElementTree import Element

from sublearn.core import cli, web
from sublearn.core.errors import UserError
from sublearn.core.files import write_text
from sublearn.core.web import element
from sublearn.planning.phases import PHASES
from sublearn.provenance.chain import Chain, follow, problems
from sublearn.provenance.made import Made


def table(heads: list[str], rows: list[list[str]]) -> Element:
    head = element("thead", element("tr", *(element("th", cell, scope="col") for cell in heads)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("div", element("table", head, body), class_="wide")


def steps(chain: Chain) -> list[list[str]]:
    """One row per step and code, in the order of the phases: how many artifacts it made."""
    groups: dict[tuple[int, str, str], list[Made]] = {}
    for artifact in chain.artifacts:
        place = PHASES.index(artifact.phase) if artifact.phase in PHASES else -1
        groups.setdefault((place, artifact.record["step"], artifact.record["code"]), []).append(artifact)
    return [[group[0].phase, name, code[:16], str(len(group))] for (_, name, code), group in sorted(groups.items())]


def page(study: str, chain: Chain) -> str:
    """The page of a study, as HTML."""
    title = f"Provenance of {study}"
    versions = {(name, version) for one in chain.artifacts for name, version in one.record["packages"].items()}
    wrong = "; ".join(problems(chain))
    verdict = f"The chain is broken: {wrong}." if wrong else "Each file is as it was made."
    others = [[each.file, each.sha256, each.origin or "not stated"] for each in chain.imported]
    if others:
        verdict += " Some rows were written by others; their teacher and its base are unknown."
    said = (
        "Every figure and table of this study was followed back through the records beside its artifacts: "
        f"{len(chain.artifacts)} artifacts, to {chain.beginning}. {verdict} "
    )
    bases = [list(base) for base in sorted(chain.bases.items())]
    main = element(
        "main",
        element("p", said, element("code", "sublearn trace FILE"), " checks any file again."),
        element(
            "section",
            element("h2", "What everything began with"),
            table(["weights", "SHA-256"], bases) if bases else element("p", "No base outlives its step in this study."),
            table(["rows that others wrote", "SHA-256", "origin, as the study states it"], others) if others else None,
        ),
        element("section", element("h2", "Steps"), table(["phase", "step", "hash of its code", "artifacts"], steps(chain))),
        element("section", element("h2", "Packages"), table(["package", "version"], [list(one) for one in sorted(versions)])),
    )
    body = element("body", element("header", element("h1", title)), main)
    return web.html(element("html", web.head(title, own_sheet="", script=""), body, lang="en"))


def main(args: argparse.Namespace) -> None:
    chain = follow([Path(file) for file in args.findings])
    if not chain.artifacts:
        raise UserError(f"{args.findings[0]}: there is no provenance file beside it; make it again with snakemake --forcerun.")
    write_text(page(args.study, chain), args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", required=True)
    parser.add_argument("--findings", type=cli.Input, nargs="+", required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
