"""Print a summary at the end of a run: what the studies found, and where the findings are.

python -m sublearn.reporting.print_summary STUDY ... --found STUDY ...
"""

import argparse
from collections import Counter
from pathlib import Path

from sublearn.chain.findings.tables import Arms
from sublearn.core import cli
from sublearn.core.claims import Claims
from sublearn.core.files import read_table
from sublearn.core.findings import folder_of
from sublearn.core.names import members
from sublearn.core.statistics import interval


def summary(study: str) -> str:
    """A few lines of text on one study."""
    folder = Path(folder_of(study))
    claims = read_table(folder / "claims.csv", Claims) if (folder / "claims.csv").exists() else None
    lines = [f"{study}:"]
    if (folder / "arms.csv").exists():  # a study of language models
        for row in read_table(folder / "arms.csv", Arms).itertuples():
            arm = row.arm.replace("_", " ")
            lines.append(f"  {arm}, {members(row.family)}: gamma {row.gamma:.2f} ({interval(row.ci_low, row.ci_high)})")
    verdicts = Counter() if claims is None else Counter(claims["verdict"])
    if verdicts:
        lines.append("  claims: " + ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in verdicts.items()))
    read = folder / "summary.md" if (folder / "summary.md").exists() else folder
    look = f", look at {folder / 'figures'}" if (folder / "figures").is_dir() else ""
    lines.append(f"  read {read}{look}")
    return "\n".join(lines)


def main(args: argparse.Namespace) -> None:
    for study in args.studies:
        print(summary(study) if study in args.found else f"{study}: made what was asked for, and no findings")
    print("`snakemake --report results/report.html` puts everything on one page.", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+")
    # What lies in the folders of other studies may be the committed findings, or those of an older recipe.
    parser.add_argument("--found", nargs="*", default=[], help="the studies whose tables are part of the run")
    cli.run(main, parser, recorded=False)
