"""Show what a study would make: for each artifact its rule, recipe and inputs, whether it is there, and why it would be made.

    sublearn plan tiny owl

Nothing is run. With a trait, only the artifacts of that trait are shown, and what they are made from.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError
from sublearn.orchestration.studies import PROJECT
from sublearn.orchestration.workflow import plan_all, settings
from sublearn.planning.artifacts import Artifact, Plan
from sublearn.planning.phases import PHASES

CHANGED, MADE_AGAIN = "its recipe or its code has changed", "what it is made from will be made again"


@dataclass(frozen=True)
class State:
    """What Snakemake says of a file: its rule, and why it would be made; nothing if it is up to date."""

    rule: str
    why: str


def states(study: str, extensions: list[str]) -> dict[str, State]:
    """The state of every file that a study needs, as Snakemake sees it.

    Raises:
        UserError: Snakemake cannot plan the study; its last line says why.
    """
    # This folder's own workflow, such as a clone's; else that which this command belongs to.
    project = next(place for place in (Path(), PROJECT) if (place / "workflow/sublearn").is_dir())
    config = ["--config", f"studies=[{study}]", *([f"extensions=[{','.join(extensions)}]"] if extensions else [])]

    def ask(*options: str) -> list[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile"), *options, *config]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no word from Snakemake"])[-1]
            raise UserError(f"{study}: Snakemake cannot plan it: {said.removeprefix('error: ')}")
        return done.stdout.splitlines()

    changed = set(ask("--list-changes", "params"))
    found = {}
    for line in ask("--summary")[1:]:
        file, _, rule, _, status, pending = line.split("\t")
        why = "it is not there" if status == "missing" else CHANGED if file in changed else MADE_AGAIN
        found[file] = State(rule, why if pending == "update pending" else "")
    return found


def shown(plan: Plan[Any], trait: str | None) -> list[Artifact]:
    """The artifacts of a trait and all that they are made from; all artifacts, if no trait is named.

    Raises:
        UserError: no artifact is of that trait.
    """
    if trait is None:
        return plan.everything
    todo = [artifact for artifact in plan.everything if trait in artifact.key.split("/")]
    if not todo:
        raise UserError(f"{trait}: nothing in {plan.study.name} is of this trait; see its traits in its file.")
    found: dict[tuple[str, str, int | None], Artifact] = {}
    while todo:
        artifact = todo.pop()
        found[artifact.kind, artifact.key, artifact.run] = artifact
        todo += artifact.inputs.values()
    return [artifact for artifact in plan.everything if (artifact.kind, artifact.key, artifact.run) in found]


def describe(artifacts: list[Artifact], states: dict[str, State]) -> list[str]:
    """The artifacts of one kind and key, all runs together."""
    first = artifacts[0]
    files = [file for artifact in artifacts for file in artifact.files]
    known = [states[file] for file in files if file in states]
    missing = [file for file in files if not Path(file).exists()]
    runs = [str(artifact.run) for artifact in artifacts if artifact.run is not None]
    inputs = dict.fromkeys(f"{name}: {part.folder}" for artifact in artifacts for name, part in artifact.inputs.items())
    reasons = list(dict.fromkeys(state.why for state in known if state.why))
    there = f"{len(files) - len(missing)} of {len(files)} files are there"
    lines = [f"{first.kind}  {first.key}{f'  (runs {chr(44).join(runs)})' if runs else ''}"]
    lines += [f"  rule     {known[0].rule if known else 'none: nothing asks for it now'}"]
    lines += [f"  recipe   {', '.join(f'{name}: {value}' for name, value in first.recipe.items())}"] if first.recipe else []
    lines += [f"  seed     {first.seed}"] if first.seed is not None else []
    lines += [f"  from     {part}" for part in inputs]
    lines += [f"  folder   {first.folder}{f' … {len(artifacts)} folders' if len(artifacts) > 1 else ''}; {there}"]
    lines += [f"  now      {'to be made: ' + '; '.join(reasons) if reasons else 'up to date'}"]
    return lines


def main(args: argparse.Namespace) -> None:
    extensions = args.extensions or settings().get("extensions") or []
    workflow = plan_all({"studies": [args.study], "extensions": extensions})
    plan = next(plan for jobs in workflow.jobs.values() for plan in jobs.chosen)
    known = states(args.study, extensions)
    artifacts = shown(plan, args.trait)
    for phase in (*PHASES, *sorted({plan.phase_of(each.kind) for each in artifacts} - set(PHASES))):
        groups: dict[tuple[str, str], list[Artifact]] = {}
        for artifact in artifacts:
            if plan.phase_of(artifact.kind) == phase and artifact.study:
                groups.setdefault((artifact.kind, artifact.key), []).append(artifact)
        if groups:
            print(f"# {phase}\n")
        for group in groups.values():
            print("\n".join(describe(group, known)) + "\n")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="sublearn plan", description=__doc__.splitlines()[0])
    found.add_argument("study", help="its name in config/studies, or the path of a YAML file")
    found.add_argument("trait", nargs="?", help="show what is of this trait only")
    found.add_argument(
        "--extensions",
        nargs="*",
        default=[],
        metavar="FOLDER",
        help="folders of your own modules; those in config/config.yaml, if none is named",
    )
    return found
