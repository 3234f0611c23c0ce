"""Publish results: record with DVC what the studies of config/config.yaml made, and push it.

    sublearn publish

The command refuses code and studies that are not committed, results that are not current, and a bundle that is too large for
git. Then DVC records the artifacts, pushes the large ones to the default remote, if there is one, and the small ones to the
bundled remote, a folder of this repository. At the end, the command prints the git commands that are left to do.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from sublearn.core import git
from sublearn.core.errors import UserError, first_and_more
from sublearn.core.findings import folder_of
from sublearn.publishing import dvcfile
from sublearn.publishing.dvcfile import BUNDLED, STORE, dvc
from sublearn.publishing.project import require_clone

SCORECARD = ("results/scorecard.md", "results/scorecard.html")  # of all studies; git alone keeps it
LIMIT = 20_000_000  # bytes per publication: all of it stays in the history of every clone (records are compressed there)


def refuse_other_changes(results: list[str], code: list[str]) -> None:
    """Check that all changes in this folder lie under ``results``: the code of what is published must be committed.

    New files count only under ``code``, where code and studies are looked for; what lies elsewhere made no result.

    Raises:
        UserError: another file has changed.
    """
    changed = {file: new for file, new in git.changes().items() if not file.startswith(tuple(results))}
    other = [file for file, new in changed.items() if not new or file.startswith(tuple(code))]
    if other:
        raise UserError(
            f"{first_and_more(other)}: changed and not committed; commit or stash all changes outside the results, "
            "then publish."
        )


def refuse_ignored(files: list[str]) -> None:
    """Check that git would take these files: those of a study that .gitignore does not name, or a larger repository's rules.

    Raises:
        UserError: git ignores one of them.
    """
    if found := git.ignored(files):
        raise UserError(
            f"{found[0]}: git ignores it, so nobody would get it; let .gitignore keep it, as it keeps results/tiny/."
        )


def refuse_old_results() -> None:
    """Check that Snakemake has nothing to do, and knows how every file was made.

    Raises:
        UserError: something is out of date, a file came from elsewhere, or Snakemake does not say.
    """
    command = [sys.executable, "-m", "snakemake", "--dry-run"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    if done.returncode:
        raise UserError(f"snakemake --dry-run: failed, so nobody knows whether the results are current ({_error(output)}).")
    if "Nothing to be done" not in output:
        raise UserError("results: not current with code and studies; run snakemake --cores all, then publish.")
    if "missing provenance" in output:
        raise UserError("results: Snakemake has no record of some files; run snakemake --cores all --forceall, then publish.")


def _error(output: str) -> str:
    """What went wrong, of all that Snakemake said: the first line that names an error, or else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it said nothing"]
    named = next((line for line in lines if re.match(r"(\w*Error|error|\w*Exception)\b", line)), lines[-1])
    return re.sub(r"^[Ee]rror: ", "", named).rstrip(".")[:300]


def size(folder: str) -> int:
    """Total size of all files in a folder, in bytes."""
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


def prune(store: Path, bundled: list[str]) -> None:
    """Delete files from the bundled remote that are not part of this publication; git keeps them for older commits."""
    kept = {place for folder in bundled for place in dvcfile.kept_in(store, folder).values()}
    for file in (store / "files/md5").rglob("*"):
        if file.is_file() and file not in kept:
            file.unlink()


def main(args: argparse.Namespace) -> None:
    require_clone()
    chosen, settings = dvcfile.configured(), dvcfile.settings()
    findings = [f"{folder_of(study)}/" for study in chosen.studies]
    extensions = [os.path.relpath(os.path.expanduser(folder)) for folder in settings.get("extensions") or []]
    code = [*dvcfile.DEPENDENCIES, "config/", *extensions]
    refuse_other_changes([*findings, *SCORECARD, "dvc.lock", f"{STORE}/"], code)
    refuse_ignored([*chosen.targets(), "dvc.lock", f"{STORE}/files/md5/00/0"])
    stage = Path("dvc.yaml")
    if not stage.exists() or stage.read_text(encoding="utf-8") != dvcfile.render(chosen, settings["studies"]):
        raise UserError(
            "dvc.yaml: does not match the studies in config/config.yaml; write it with make dvc.yaml, commit it, then publish."
        )
    refuse_old_results()
    kept = dvcfile.artifacts(chosen)
    small, large = ([folder for folder, is_small in kept.items() if is_small is which] for which in (True, False))
    if (total := sum(map(size, small))) > LIMIT:
        raise UserError(f"{', '.join(small)}: {total / 1e6:.1f} MB, more than the {LIMIT / 1e6:.0f} MB that git should hold.")
    dvc("commit", "--force")
    # The large ones first: if their remote refuses them, the bundle is still the committed one.
    remote = dict(line.split("=", 1) for line in dvc("config", "--list").splitlines()).get("core.remote")
    if remote:
        dvc("push", *large)
    dvc("push", "--remote", BUNDLED, *small)
    prune(Path(STORE), small)
    print(f"{BUNDLED}: {', '.join(small)}; {total / 1e6:.1f} MB in {STORE}")
    print(f"{remote or 'no default remote, so not pushed'}: {', '.join(large)}")
    if not remote:
        print("  to ship these too: dvc remote add --default NAME URL, then dvc push; otherwise others must compute them again")
    there = [file for file in SCORECARD if Path(file).exists()]
    print(f"to publish: git add {' '.join([*findings, *there, 'dvc.lock', STORE])} && git commit && git push", flush=True)


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn publish", description=__doc__.splitlines()[0])
