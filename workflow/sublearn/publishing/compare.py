"""Compare findings with the committed ones: one line for each table and figure, and a verdict.

    sublearn compare [STUDY …] [--strict] [--verdicts] [--dry-run]

The command compares the findings that the last commit holds. In tables and in the figures' data, text must be equal, and
numbers may differ by the study's ``tolerance``. Drawings are compared byte by byte. If only the bytes of a drawing differ, and
not its data, the fonts or libraries here are different: the command says so, and does not count it as a difference.
"""

import argparse
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from sublearn.core import git
from sublearn.core.errors import UserError
from sublearn.orchestration import studies, workflow
from sublearn.publishing.project import SNAKEFILE, require, require_clone

DRAWN_OTHERWISE = "equal in its data; fonts or libraries here draw other bytes"


def folder(study: str) -> str:
    """Where the findings of a study lie."""
    return f"results/{study}/findings"


def known(study: str) -> list[str]:
    """The findings of a study that the last commit holds: tables, drawings and texts."""
    compared = (".csv", ".svg", ".md", "/metrics.json")
    return sorted(
        (file for file in git.committed_in(folder(study)) if file.endswith(compared)),
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
        return ""
    if path.suffix == ".svg":
        drawn = path.with_suffix(".csv")
        same = drawn.exists() and not compare(str(drawn), tolerance)
        return DRAWN_OTHERWISE if same else "differs, and so do its data"
    try:
        return difference(table(written, path.suffix), table(expected, path.suffix), tolerance)
    except ValueError:
        return "differs, and cannot be read"


def verdicts_differ(file: str) -> bool:
    """Whether the verdicts in a table of claims differ from the committed ones."""
    expected = git.committed(file)
    if expected is None or not Path(file).exists():
        return True
    try:
        return list(table(Path(file).read_bytes(), ".csv")["verdict"]) != list(table(expected, ".csv")["verdict"])
    except (ValueError, KeyError):
        return True


def main(args: argparse.Namespace) -> None:
    workflow.use_configured_extensions()
    if args.dry_run:
        require_clone()
        return
    require(SNAKEFILE, "results")
    git.require(*([SNAKEFILE] if Path(SNAKEFILE).exists() else []))
    found: dict[str, str] = {}
    names = []
    for name in args.studies or workflow.settings()["studies"]:
        study = studies.load(name)
        names.append(study.name)
        found |= {file: compare(file, study.tolerance) for file in known(study.name)}
    without = [name for name in names if not any(file.startswith(f"{folder(name)}/") for file in found)]
    if not found:
        raise UserError(f"{', '.join(map(folder, names))}: the last commit holds no findings there, so nothing was compared.")
    for file, words in found.items():
        print(f"{file}: {words or 'equal'}")
    for name in without:
        print(f"{folder(name)}: not compared, since the last commit holds no findings there")
    differing = [file for file, words in found.items() if words not in ("", DRAWN_OTHERWISE)]
    tables, figures = (sum(file.endswith(suffix) for file in found) for suffix in (".csv", ".svg"))
    if untouched := [name for name in names if not Path("results", name, "evaluations").is_dir()]:
        print(f"note: no evaluations of {', '.join(untouched)} are here; its files may be the committed ones themselves")
    if differing:
        print(f"verdict: different, {len(differing)} of {len(found)} files: {', '.join(differing)}")
    else:
        print(
            f"verdict: equal; all {tables} tables (the figures' data among them) and {figures} figures are the committed ones"
        )
    sys.stdout.flush()
    if (args.strict or args.verdicts) and without:
        raise UserError(f"{', '.join(map(folder, without))}: the last commit holds no findings there to compare with.")
    claims = [f"{folder(name)}/claims.csv" for name in names]
    if args.verdicts and (wrong := [file for file in claims if verdicts_differ(file)]):
        raise UserError(f"{', '.join(wrong)}: the verdicts are not the committed ones.")
    if args.strict and differing:
        raise UserError(f"{len(differing)} of {len(found)} findings are not the committed ones; the verdict above names them.")


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="sublearn compare", description=__doc__.splitlines()[0])
    command.add_argument("studies", nargs="*", help="by default, those in config/config.yaml")
    command.add_argument("--strict", action="store_true", help="fail if anything differs")
    command.add_argument("--verdicts", action="store_true", help="fail if a claim's verdict is not the committed one")
    command.add_argument(
        "--dry-run", action="store_true", help="compare nothing; fail if git cannot say what is committed here"
    )
    return command
