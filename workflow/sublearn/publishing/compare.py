"""Compare findings with the committed ones: one line for each table and figure, and a verdict.

    sublearn compare [STUDY …] [--strict] [--verdicts]

The command compares the findings that git tracks. In tables and in the figures' data, text must be equal, and
numbers may differ by the study's ``tolerance``. Drawings are compared byte by byte. If only the bytes of a drawing differ, and
not its data, the fonts or libraries here are different: the command says so, and does not count it as a difference.
A committed file that nothing has made here is not compared with itself: the command says so, and gives no verdict.
"""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from sublearn.core.errors import UserError
from sublearn.orchestration import studies, workflow
from sublearn.orchestration.reruns import has_record

DRAWN_OTHERWISE = "equal in its data; fonts or libraries here draw other bytes"
NOT_MADE = "not made here, so it is the committed file itself"


def committed(file: str) -> bytes | None:
    """The content of the file in the last commit; None if the commit lacks it."""
    shown = subprocess.run(["git", "show", f"HEAD:./{file}"], capture_output=True, check=False)
    return shown.stdout if shown.returncode == 0 else None


def known(study: str) -> list[str]:
    """The findings of a study that git tracks: tables, drawings and texts."""
    files = []
    for pattern in ("*.csv", "*.svg", "*.md", "metrics.json", "study.yaml"):
        command = ["git", "ls-files", "-z", f"results/{study}/findings/{pattern}"]
        listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        files += [file for file in listed.split("\0") if file]
    return sorted(files, key=lambda file: ("/figures/" in file, file))


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
    """Read a CSV file as a table, a JSON file as one column per number, and any other text as one column of lines."""
    if suffix == ".csv":
        return pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])
    if suffix == ".json":
        return pd.json_normalize(json.loads(content))
    return pd.DataFrame({"the text": content.decode().splitlines()})


def compare(file: str, tolerance: float) -> str:
    """How a file differs from the committed one, in a few words; empty if they are equal."""
    path, expected = Path(file), committed(file)
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
    return difference(table(written, path.suffix), table(expected, path.suffix), tolerance)


def verdicts_differ(file: str) -> bool:
    """Whether the verdicts in a table of claims differ from the committed ones."""
    expected = committed(file)
    if expected is None or not Path(file).exists():
        return True
    return list(table(Path(file).read_bytes(), ".csv")["verdict"]) != list(table(expected, ".csv")["verdict"])


def main(args: argparse.Namespace) -> None:
    workflow.use_configured_extensions()
    found: dict[str, str] = {}
    for name in args.studies or workflow.settings()["studies"]:
        study = studies.load(name)
        found |= {file: compare(file, study.tolerance) for file in known(study.name)}
    for file, words in found.items():
        print(f"{file}: {words or 'equal'}")
    differing = [file for file, words in found.items() if words not in ("", DRAWN_OTHERWISE, NOT_MADE)]
    not_made = [file for file, words in found.items() if words == NOT_MADE]
    tables, figures = (sum(file.endswith(suffix) for file in found) for suffix in (".csv", ".svg"))
    if not found:
        print("no committed findings to compare with")
    elif differing:
        print(f"verdict: different, {len(differing)} of {len(found)} files: {', '.join(differing)}")
    elif not_made:
        print(f"verdict: none; {len(not_made)} of {len(found)} files were not made here, so there is nothing to compare")
    else:
        print(
            f"verdict: equal; all {tables} tables (the figures' data among them) and {figures} figures are the committed ones"
        )
    sys.stdout.flush()
    if not_made and (args.strict or args.verdicts):
        raise UserError(f"{not_made[0]}: {NOT_MADE}; make the findings with snakemake --cores all, then compare.")
    claims = [file for file in found if file.endswith("/claims.csv")]
    if args.verdicts and (wrong := [file for file in claims if verdicts_differ(file)] if claims else ["claims.csv"]):
        raise UserError(f"{', '.join(wrong)}: the verdicts are not the committed ones.")
    if args.strict and (differing or not found):
        raise UserError(f"{len(differing)} of {len(found)} findings are not the committed ones; the verdict above names them.")


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="sublearn compare", description=__doc__.splitlines()[0])
    command.add_argument("studies", nargs="*", help="by default, those in config/config.yaml")
    command.add_argument("--strict", action="store_true", help="fail if anything differs")
    command.add_argument("--verdicts", action="store_true", help="fail if a claim's verdict is not the committed one")
    return command
