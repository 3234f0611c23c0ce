"""Publish results: record with DVC what the studies of config/config.yaml made, and push it.

    sublearn publish

The command refuses a work tree with other changes than findings, results that are not current, and a bundle that is too large
for git. Then DVC records the artifacts, pushes the large ones to the default remote, if there is one, and the small ones to the
bundled remote, a folder of this repository. At the end, the command prints the git commands that are left to do.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import yaml

from sublearn.core.errors import UserError
from sublearn.publishing import dvcfile
from sublearn.publishing.dvcfile import BUNDLED, STORE, dvc

LIMIT = 10_000_000  # bytes per publication: all of it stays in the history of every clone


def refuse_other_changes(allowed: list[str]) -> None:
    """Check that all changes in the work tree lie under ``allowed``: the code of what is published must be committed.

    Raises:
        UserError: another file has changed.
    """
    command = ["git", "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    files = [entry[3:] for entry in listed.split("\0") if entry]
    other = [file for file in files if not file.startswith(tuple(allowed))]
    if other:
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        raise UserError(
            f"{other[0]}{more}: changed and not committed; commit or stash all changes outside the results, then publish."
        )


def refuse_old_results() -> None:
    """Check that Snakemake has nothing to do, and knows how every file was made.

    Raises:
        UserError: something is out of date, or a file came from elsewhere.
    """
    command = [sys.executable, "-m", "snakemake", "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    if done.returncode or "Nothing to be done" not in output:
        raise UserError("results: not current with code and studies; run snakemake --cores all, then publish.")
    if "missing provenance" in output:
        raise UserError("results: Snakemake has no record of some files; run snakemake --cores all --forceall, then publish.")


def size(folder: str) -> int:
    """Total size of all files in a folder, in bytes."""
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


def prune(store: Path, bundled: list[str]) -> None:
    """Delete files from the bundled remote that are not part of this publication; git keeps them for older commits."""
    outs = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))["stages"]["studies"]["outs"]
    kept = set()
    for name in [out["md5"] for out in outs if out["path"] in bundled]:
        manifest = store / "files/md5" / name[:2] / name[2:]
        kept |= {name, *(entry["md5"] for entry in json.loads(manifest.read_text(encoding="utf-8")))}
    for file in [path for path in store.rglob("*") if path.is_file()]:
        if file.parent.name + file.name not in kept:
            file.unlink()


def main(args: argparse.Namespace) -> None:
    chosen = dvcfile.configured()
    findings = [f"results/{study}/findings/" for study in chosen.studies]
    refuse_other_changes([*findings, "dvc.lock", f"{STORE}/"])
    if Path("dvc.yaml").read_text(encoding="utf-8") != dvcfile.render(chosen, dvcfile.settings()["studies"]):
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
    settings = dict(line.split("=", 1) for line in dvc("config", "--list").splitlines())
    remote = settings.get("core.remote")
    if remote:
        dvc("push", *large)
    dvc("push", "--remote", BUNDLED, *small)
    prune(Path(STORE), small)
    print(f"{BUNDLED}: {', '.join(small)}; {total / 1e6:.1f} MB in {STORE}")
    print(f"{remote or 'no default remote, so not pushed'}: {', '.join(large)}")
    if not remote:
        print("  to ship these too: dvc remote add --default NAME URL, then dvc push; otherwise others must compute them again")
    print(f"to publish: git add {' '.join([*findings, 'dvc.lock', STORE])} && git commit && git push", flush=True)


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn publish", description=__doc__.splitlines()[0])
