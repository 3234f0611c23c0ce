"""Write the scorecard: every claim of every study, what was measured, the verdict, and what it would take to change it.

    sublearn scorecard [STUDY …]

The command reads the files of studies and the tables of findings, and nothing else. It writes ``results/scorecard.md`` and the
page ``results/scorecard.html``, which opens the figures that lie beside it. Every run of the workflow writes them again.
"""

import argparse
from pathlib import Path

from sublearn.core import cli
from sublearn.core.files import write_text
from sublearn.core.registry import extension_folders
from sublearn.orchestration.workflow import refuse_files_for_folders, use_configured_extensions
from sublearn.reporting import scorecard_markdown, scorecard_page, scorecard_rows

FILES = {".md": scorecard_markdown.page, ".html": scorecard_page.page}


def write(folder: Path, more: list[str]) -> list[str]:
    """Write the scorecard in both forms; ``more`` names studies beside those in ``config/studies``."""
    rows = scorecard_rows.gather(more)
    for suffix, page in FILES.items():
        write_text(page(rows), folder / f"scorecard{suffix}")
    return [str(folder / f"scorecard{suffix}") for suffix in FILES]


def main(args: argparse.Namespace) -> None:
    refuse_files_for_folders()
    if not extension_folders():  # a run's own, which its command may have named
        use_configured_extensions()
    print(f"scorecard: {' and '.join(write(scorecard_rows.RESULTS, args.studies))}", flush=True)


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="sublearn scorecard", description=__doc__.splitlines()[0])
    command.add_argument("studies", nargs="*", help="studies beside those in config/studies: paths of YAML files")
    return command


if __name__ == "__main__":
    cli.run(main, parser(), recorded=False)
