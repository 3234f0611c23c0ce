"""Compare findings with the committed ones: one line for each table and figure, and a verdict.

    sublearn compare [STUDY …] [--strict] [--verdicts] [--dry-run]

The command compares the findings that the last commit holds. In tables and in the figures' data, text must be equal, and
numbers may differ by the study's ``tolerance``. Drawings are compared byte by byte. If only the bytes of a drawing differ, and
not its data, the fonts or libraries here are different: the command says so, and does not count it as a difference.
A committed file that nothing has made here is not compared with itself: the command says so, and gives no verdict.
"""

import argparse
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

from sublearn.core import git
from sublearn.core.errors import UserError
from sublearn.core.findings import folder_of
from sublearn.orchestration import studies, workflow
from sublearn.orchestration.reruns import has_record
from sublearn.publishing.project import SNAKEFILE, require, require_clone

DRAWN_OTHERWISE = "equal in its data; fonts or libraries here draw other bytes"
NOT_MADE = "not made here, so it is the committed file itself"


def known(study: str) -> list[str]:
    """The findings of a study that the last commit holds: tables, drawings and texts."""
    compared = (".csv", ".svg", ".md", "/metrics.json", "/study.yaml")
    return sorted(
        (file for file in git.committed_in(folder_of(study)) if file.endswith(compared)),
        key=lambda file: ("/figures/" in file, file),
    )


def difference(written: pd.DataFrame, expected: pd.DataFrame, tolerance: float = 1e-12) -> str:
    """How two tables differ, in a few words; empty if they are equal."""
    if list(written.columns) != list(expected.columns) or len(written) != len(expected):
        return f"is {len(written)} x {len(written.columns)}; the committed one is {len(expected)} x {len(expected.columns)}"
    numbers = [c for c in written if pd.api.types.is_numeric_dtype(written[c]) and pd.api.types.is_numeric_dtype(expected[c])]
    words = [c for c in written if c not in numbers]
    if changed := [c for c in words if not written[c].astype(str).equals(expected[c].astype(str))]:
        return f"differs in {', '.join(changed)}"
    gaps = np.abs(written[numbers].to_numpy(dtype=float) - expected[numbers].to_numpy(dtype=float))
    one_missing = np.isnan(written[numbers].to_numpy(dtype=float)) != np.isnan(expected[numbers].to_numpy(dtype=float))
    if one_missing.any() or np.nanmax(gaps, initial=0.0) > tolerance:
        return f"differs by up to {np.nanmax(gaps, initial=0.0):.3g}"
    return ""


def table(content: bytes, suffix: str) -> pd.DataFrame:
    """Read a CSV file as a table, a JSON file as one column per number, and any other text as one column of lines.

    Raises:
        ValueError: it cannot be read so.
    """
    if suffix == ".csv":
        return pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])
    if suffix == ".json":
        return pd.json_normalize(json.loads(content))
    return pd.DataFrame({"the text": content.decode().splitlines()})


def compare(file: str, tolerance: float) -> str:
    """How a file differs from the committed one, in a few words; empty if they are equal."""
    path, expected = Path(file), git.committed(file)
    if expected is None:
        return "is not committed yet"
    if not path.exists():
        return "is missing"
    written = path.read_bytes()
    if written == expected:
        return "" if has_record(file) else NOT_MADE
    if path.suffix == ".svg":
        drawn = path.with_suffix(".csv")
        same = drawn.exists() and compare(str(drawn), tolerance) in ("", NOT_MADE)
        return DRAWN_OTHERWISE if same else "differs, and so do its data"
    try:
        return difference(table(written, path.suffix), table(expected, path.suffix), tolerance)
    except Exception:  # a damaged file can break its reader anywhere
        return "differs, and cannot be read"


def other_verdicts(file: str) -> tuple[list[str], list[str]]:
    """The claims in a table whose verdicts differ from the committed ones: those that contradict these, and the others.

    On another processor other numbers are sampled, so a claim that was barely met may not be met there. That is no
    contradiction where the measured value lies in the committed interval, or where there is none to tell by. A table that
    cannot be compared counts as a contradiction.
    """
    expected = git.committed(file)
    if expected is None or not Path(file).exists():
        return [file], []
    try:
        here, committed = (table(content, ".csv").set_index("claim") for content in (Path(file).read_bytes(), expected))
        if list(here.index) != list(committed.index):
            return [file], []
        changed = committed[here["verdict"] != committed["verdict"]]
        measured = here["measured"][changed.index]
        outside = (measured < changed["ci_low"]) | (measured > changed["ci_high"]) | measured.isna()
    except (ValueError, KeyError, TypeError):
        return [file], []
    return list(changed.index[outside]), list(changed.index[~outside])


def main(args: argparse.Namespace) -> None:
    workflow.use_configured_extensions()
    if args.dry_run:
        require_clone()
        return
    require(SNAKEFILE, "results")
    git.require(*([SNAKEFILE] if Path(SNAKEFILE).exists() else []))
    chosen = [studies.load(name) for name in args.studies or workflow.names(workflow.settings())]
    names = list(dict.fromkeys(study.name for study in chosen))
    found = {file: compare(file, study.tolerance) for study in chosen for file in known(study.name)}
    without = [folder_of(name) for name in names if not any(file.startswith(f"{folder_of(name)}/") for file in found)]
    if not found:
        raise UserError(f"{', '.join(without)}: the last commit holds no findings there, so nothing was compared.")
    for file, words in found.items():
        print(f"{file}: {words or 'equal'}")
    for place in without:
        print(f"{place}: not compared, since the last commit holds no findings there")
    print(f"verdict: {verdict(found)}", flush=True)
    if args.strict or args.verdicts:
        refuse_what_was_not_compared(found, without)
    claims = [f"{folder_of(name)}/claims.csv" for name in names]
    for file in claims if args.verdicts else []:
        contradicting, others = other_verdicts(file)
        if contradicting:
            raise UserError(f"{file}: the verdicts are not the committed ones ({', '.join(contradicting)}).")
        for claim in others:
            print(f"{file}: {claim} has another verdict, but its measured value lies in the committed interval", flush=True)
    if args.strict and (differing := _differing(found)):
        raise UserError(f"{len(differing)} of {len(found)} findings are not the committed ones; the verdict above names them.")


def verdict(found: dict[str, str]) -> str:
    """What all comparisons say together.

    Args:
        found: for each file what ``compare`` says of it.
    """
    if differing := _differing(found):
        return f"different, {len(differing)} of {len(found)} files: {', '.join(differing)}"
    if not_made := [file for file, words in found.items() if words == NOT_MADE]:
        return f"none; {len(not_made)} of {len(found)} files were not made here, so there is nothing to compare"
    tables, figures = (sum(file.endswith(suffix) for file in found) for suffix in (".csv", ".svg"))
    return f"equal; all {tables} tables (the figures' data among them) and {figures} figures are the committed ones"


def refuse_what_was_not_compared(found: dict[str, str], without: list[str]) -> None:
    """Refuse to go on where a file was not made here, or a study has no committed findings.

    Raises:
        UserError: so it is.
    """
    if file := next((file for file, words in found.items() if words == NOT_MADE), None):
        raise UserError(f"{file}: {NOT_MADE}; make the findings with snakemake --cores all, then compare.")
    if without:
        raise UserError(f"{', '.join(without)}: the last commit holds no findings there to compare with.")


def _differing(found: dict[str, str]) -> list[str]:
    return [file for file, words in found.items() if words not in ("", DRAWN_OTHERWISE, NOT_MADE)]


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="sublearn compare", description=__doc__.splitlines()[0])
    command.add_argument("studies", nargs="*", help="by default, those in config/config.yaml")
    command.add_argument("--strict", action="store_true", help="fail if anything differs")
    command.add_argument("--verdicts", action="store_true", help="fail if a claim's verdict contradicts the committed one")
    command.add_argument(
        "--dry-run", action="store_true", help="compare nothing; fail if git cannot say what is committed here"
    )
    return command
