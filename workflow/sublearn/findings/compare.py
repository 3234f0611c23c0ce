"""Say whether the tables just written equal the committed ones.

    python -m sublearn.findings.compare [STUDY …] [--verdicts]

Every table of the studies' findings that git knows, the figures' data among them, is compared with its committed version: text
exactly, numbers to 1e-12. With ``--verdicts`` the claims' verdicts must be the committed ones, else the exit status is 1.
"""

import argparse
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from sublearn.core import step
from sublearn.core.errors import UserError

TOLERANCE = 1e-12


def committed(file: str) -> pd.DataFrame | None:
    """The table as the last commit has it, None if it has none."""
    shown = subprocess.run(["git", "show", f"HEAD:./{file}"], capture_output=True, text=True, check=False)
    return _read(io.StringIO(shown.stdout)) if shown.returncode == 0 else None


def difference(found: pd.DataFrame, expected: pd.DataFrame) -> str:
    """In a few words how two tables differ, nothing if they are equal."""
    if list(found.columns) != list(expected.columns) or len(found) != len(expected):
        return f"is {len(found)} x {len(found.columns)}; the committed one is {len(expected)} x {len(expected.columns)}"
    numbers = [c for c in found if pd.api.types.is_numeric_dtype(found[c]) and pd.api.types.is_numeric_dtype(expected[c])]
    words = [c for c in found if c not in numbers]
    if changed := [c for c in words if not found[c].astype(str).equals(expected[c].astype(str))]:
        return f"differs in {', '.join(changed)}"
    gaps = np.abs(found[numbers].to_numpy(dtype=float) - expected[numbers].to_numpy(dtype=float))
    unlike = np.isnan(found[numbers].to_numpy(dtype=float)) != np.isnan(expected[numbers].to_numpy(dtype=float))
    if unlike.any() or np.nanmax(gaps, initial=0.0) > TOLERANCE:
        return f"differs by up to {np.nanmax(gaps, initial=0.0):.3g}"
    return ""


def _read(source: str | io.StringIO) -> pd.DataFrame:
    return pd.read_csv(source, keep_default_na=False, na_values=[""])


def main(args: argparse.Namespace) -> None:
    studies = args.studies or [Path(name).stem for name in yaml.safe_load(Path("config/config.yaml").read_text())["studies"]]
    patterns = [f"results/{study}/findings/*.csv" for study in studies]
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], capture_output=True, text=True, check=False).stdout
    files = [file for file in listed.split("\0") if file]
    differing, verdicts = 0, []
    for file in files:
        expected = committed(file)
        found = _read(file) if Path(file).exists() else None
        if found is None or expected is None:
            words, same_verdicts = "is not there" if found is None else "is not committed yet", False
        else:
            words = difference(found, expected)
            same_verdicts = "verdict" not in found or list(found["verdict"]) == list(expected["verdict"])
        differing += bool(words)
        print(f"{file}: {words or 'equal'}")
        if file.endswith("claims.csv") and not same_verdicts:
            verdicts.append(file)
    if not files:
        print("no committed tables to compare with")
    elif differing:
        print(
            f"verdict: {differing} of {len(files)} tables differ from the committed ones; another processor may round otherwise"
        )
    else:
        print(f"verdict: equal; all {len(files)} tables, those of the figures too, are the committed ones")
    sys.stdout.flush()
    if args.verdicts and (verdicts or not files):
        raise UserError(f"{', '.join(verdicts) or 'claims.csv'}: the verdicts are not the committed ones.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", help="those in config/config.yaml, if none is named")
    parser.add_argument("--verdicts", action="store_true", help="fail if a claim's verdict is not the committed one")
    step.run(main, parser)
