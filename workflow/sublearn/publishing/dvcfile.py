"""Print dvc.yaml: what DVC records of the studies in config/config.yaml, and to which remote each artifact goes.

    sublearn dvc-yaml > dvc.yaml

There is one stage, because Snakemake alone decides what to run. Snakemake's metadata is one of the outputs: without it, a clone
would take old data for current under a new parameter (docs/artifacts.md). Evaluations and the tiny bases go to the remote
``bundled``, a folder that git tracks. Larger artifacts go to the default remote, which each author configures. Findings stay in
git, and DVC only records their hashes.
"""

import argparse
import subprocess
import sys
from pathlib import Path, PurePath
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field, RootModel, ValidationError

from sublearn.core import yaml_files
from sublearn.core.errors import UserError
from sublearn.core.files import read_record
from sublearn.core.section import shown
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
Md5 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}(\.dir)?$")]
AnOut = TypeVar("AnOut")


class Recorded(BaseModel):
    """An output as dvc.lock records it."""

    path: str
    md5: Md5


class _Stage(BaseModel, Generic[AnOut]):
    outs: list[AnOut] = Field(min_length=1)


class _Stages(BaseModel, Generic[AnOut]):
    studies: _Stage[AnOut]


class _Dvc(BaseModel, Generic[AnOut]):
    """dvc.yaml or dvc.lock, as far as it is read here: the outputs of its one stage."""

    stages: _Stages[AnOut]


class _Listed(BaseModel):
    relpath: str
    md5: Md5


class _Folder(RootModel[list[_Listed]]):
    """The files of a folder, as DVC's cache lists them."""


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


def bundled() -> list[str]:
    """The folders that dvc.yaml sends to the bundled remote.

    Raises:
        UserError: dvc.yaml is damaged.
    """
    outs = _outs("dvc.yaml", _Dvc[dict[str, dict[str, Any]]])
    return [folder for out in outs for folder, keys in out.items() if keys.get("remote") == BUNDLED]


def recorded() -> dict[str, str]:
    """The MD5 of every output that dvc.lock records.

    Raises:
        UserError: dvc.lock is damaged.
    """
    return {out.path: out.md5 for out in _outs("dvc.lock", _Dvc[Recorded])}


def _outs(file: str, kind: type[_Dvc[AnOut]]) -> list[AnOut]:
    try:
        return kind.model_validate(yaml_files.read(file)).stages.studies.outs
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        found = "nothing" if first["type"] == "missing" else shown(first["input"])
        raise UserError(
            f"{file}: {place and f'{place}: '}found {found}, which is not the stage of the studies; git restore {file} brings "
            "the committed file back."
        ) from None


def kept_in(store: Path, folder: str) -> dict[str, Path]:
    """Every file of a folder that dvc.lock records, and the folder itself: where DVC's cache, or a remote, keeps them.

    Raises:
        UserError: dvc.lock or the list of the folder's files is damaged.
    """
    if (md5 := recorded().get(folder)) is None:
        raise UserError(f"dvc.lock: found no {folder} among the outputs; git restore dvc.lock brings the committed file back.")
    listed = _place(store, md5)
    entries = read_record(listed, _Folder, "a list of files as DVC writes it").root
    return {folder: listed} | {f"{folder}/{entry.relpath}": _place(store, entry.md5) for entry in entries}


def _place(store: Path, md5: str) -> Path:
    return store / "files/md5" / md5[:2] / md5[2:]


def main(args: argparse.Namespace) -> None:
    require(SNAKEFILE)
    print(render(configured(), settings()["studies"]), end="")


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn dvc-yaml", description=__doc__.splitlines()[0])
