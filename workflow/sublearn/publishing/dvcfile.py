"""Print dvc.yaml: what DVC records of the studies in config/config.yaml, and to which remote each artifact goes.

    sublearn dvc-yaml > dvc.yaml

There is one stage, because Snakemake alone decides what to run. Snakemake's metadata is one of the outputs: without it, a clone
would take old data for current under a new parameter (docs/artifacts.md). Evaluations and the tiny bases go to the remote
``bundled``, a folder that git tracks. Larger artifacts go to the default remote, which each author configures. Findings stay in
git, and DVC only records their hashes.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path, PurePath
from typing import Any

import yaml

from sublearn.core.errors import UserError
from sublearn.orchestration import studies, workflow
from sublearn.orchestration.reruns import RECORDS
from sublearn.orchestration.workflow import SETTINGS, Workflow
from sublearn.planning.artifacts import Plan
from sublearn.publishing.project import SNAKEFILE, require

BUNDLED, STORE = "bundled", "data/store"  # the name of the remote, and its folder as in .dvc/config
HEAD = """# Snakemake decides what to run; this one stage records, ships and compares what it made (docs/artifacts.md).
# Written by `sublearn dvc-yaml > dvc.yaml` from the studies in config/config.yaml.
stages:
  studies:
    desc: every artifact of the studies in config/config.yaml
    cmd: snakemake --cores all
"""
DEPENDENCIES = ("Snakefile", "envs/workflow.yaml", "workflow/rules", "workflow/sublearn")


def settings() -> dict[str, Any]:
    """The content of config/config.yaml.

    Raises:
        UserError: there is no such file, which names the studies to publish.
    """
    if not Path(SETTINGS).is_file():
        raise UserError(f"{SETTINGS}: there is no such file here, and it names the studies to publish.")
    return workflow.settings()


def configured() -> Workflow:
    """The workflow of the studies that config/config.yaml names."""
    return workflow.plan_all(settings())


def folders(plan: Plan[Any]) -> dict[str, bool]:
    """The folders, by study and phase, of all artifacts that a study uses, own or inherited; and whether each is bundled."""
    # A stand-in's bases are small; real models are not ours to ship.
    small = {"evaluations", "bases"} if getattr(plan.study, "stand_in", False) else {"evaluations"}
    used = {"/".join(PurePath(artifact.folder).parts[:3]) for artifact in plan.everything if artifact.study}
    return {folder: PurePath(folder).name in small for folder in sorted(used)}


def artifacts(planned: Workflow) -> dict[str, bool]:
    """Every folder that DVC records, and whether it is bundled."""
    chosen: list[Plan[Any]] = [plan for jobs in planned.jobs.values() for plan in jobs.chosen]
    kept = {folder: small for plan in chosen for folder, small in folders(plan).items()}
    # A study that inherits every model still has evaluations of its own: the counts of its carriers' numbers.
    counted = {f"results/{plan.study.name}/evaluations": True for plan in planned.jobs["chain"].chosen}
    return kept | counted | {RECORDS: True}


def render(planned: Workflow, names: list[str]) -> str:
    """dvc.yaml for the studies called ``names``."""
    files = sorted({str(file) for name in names for file in studies.files(name)})
    findings = sorted(planned.targets(), key=lambda file: ("/figures/" in file, file))
    lines = ["    deps:", *(f"      - {path}" for path in DEPENDENCIES)]
    lines += ["    params:", *(f"      - {path}:" for path in (SETTINGS, *files))]
    lines += ["    outs:"]
    for folder, small in artifacts(planned).items():
        lines.append(f"      - {folder}: {{persist: true{f', remote: {BUNDLED}' if small else ''}}}")
    noted = "{cache: false, persist: true}"
    lines += [f"      - {file}: {noted}" for file in findings if not file.endswith((".svg", ".json"))]
    lines += ["    metrics:", *(f"      - {file}: {noted}" for file in findings if file.endswith(".json"))]
    lines += ["    plots:", *(f"      - {file}: {noted}" for file in findings if file.endswith(".svg"))]
    return HEAD + "\n".join(lines) + "\n"


def dvc(*arguments: str) -> str:
    """Run a DVC command and return what it printed.

    Raises:
        UserError: the command failed; the message is the first error that DVC printed.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line.partition("ERROR: ")[2] for line in done.stderr.splitlines() if "ERROR: " in line]
        raise UserError(f"dvc {arguments[0]}: {errors[0].rstrip('.:') if errors else f'exit status {done.returncode}'}.")
    return done.stdout


def kept_in(store: Path, folder: str) -> dict[str, Path]:
    """Every file of a folder that dvc.lock records, and the folder itself: where DVC's cache, or a remote, keeps them."""
    outs = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))["stages"]["studies"]["outs"]
    listed = _place(store, next(out["md5"] for out in outs if out["path"] == folder))
    entries = json.loads(listed.read_text(encoding="utf-8"))
    return {folder: listed} | {f"{folder}/{entry['relpath']}": _place(store, entry["md5"]) for entry in entries}


def _place(store: Path, md5: str) -> Path:
    return store / "files/md5" / md5[:2] / md5[2:]


def main(args: argparse.Namespace) -> None:
    require(SNAKEFILE)
    print(render(configured(), settings()["studies"]), end="")


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn dvc-yaml", description=__doc__.splitlines()[0])
