"""Show what a study would make: each artifact's rule, recipe and inputs, whether it exists, and why it would be made.

    sublearn plan tiny owl

Nothing is run. With a trait, only the artifacts of that trait and their inputs are shown.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError
from sublearn.core.places import PROJECT
from sublearn.orchestration.reruns import has_record
from sublearn.orchestration.workflow import add_extensions, plan_all, settings
from sublearn.planning.artifacts import Artifact, Plan
from sublearn.planning.phases import PHASES

CHANGED, MADE_AGAIN = "its recipe or its code has changed", "one of its inputs will be made again"
NO_RECORD = "Snakemake has no record of how it was made"


@dataclass(frozen=True)
class State:
    """What Snakemake says about a file: its rule, and why it would be made; ``why`` is empty if it is up to date."""

    rule: str
    why: str


def states(study: str, extensions: list[str]) -> dict[str, State]:
    """The state of every file that a study needs, according to Snakemake.

    Raises:
        UserError: Snakemake cannot plan the study; the message is its last line.
    """
    # The workflow in the working folder, such as a clone; else the one that this command belongs to.
    project = next(place for place in (Path(), PROJECT) if (place / "workflow/sublearn").is_dir())
    # JSON is YAML too, and keeps a comma or a brace in a path.
    config = ["--config", f"studies={json.dumps([study])}", *([f"extensions={json.dumps(extensions)}"] if extensions else [])]

    def ask(*options: str) -> list[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile"), *options, *config]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no message from Snakemake"])[-1]
            raise UserError(f"{study}: Snakemake cannot plan it: {said.removeprefix('error: ')}")
        return done.stdout.splitlines()

    changed = set(ask("--list-changes", "params"))
    by_file = {}
    for line in ask("--summary")[1:]:
        file, _, rule, _, status, pending = line.split("\t")
        known = CHANGED if file in changed else MADE_AGAIN if has_record(file) else NO_RECORD
        why = "it is not there" if status == "missing" else known
        by_file[file] = State(rule, why if pending == "update pending" else "")
    return by_file


def shown(plan: Plan[Any], trait: str | None) -> list[Artifact]:
    """The artifacts of a trait and all their inputs; all artifacts if no trait is given.

    Raises:
        UserError: the study has no artifact of that trait.
    """
    if trait is None:
        return plan.everything
    todo = [artifact for artifact in plan.everything if trait in artifact.key.split("/")]
    if not todo:
        keys = [artifact.key for artifact in plan.artifacts("students")]
        names = sorted({key.rpartition("/")[2] for key in keys} or {each.key.split("/")[0] for each in plan.everything})
        right = f"choose one of {', '.join(names)}" if names else "it has no parts with names, so leave the name out"
        raise UserError(f"{trait}: {plan.study.name} has nothing of this name; {right}.")
    chosen: dict[tuple[str, str, int | None], Artifact] = {}
    while todo:
        artifact = todo.pop()
        chosen[artifact.kind, artifact.key, artifact.run] = artifact
        todo += artifact.inputs.values()
    return [artifact for artifact in plan.everything if (artifact.kind, artifact.key, artifact.run) in chosen]


def describe(artifacts: list[Artifact], states: dict[str, State]) -> list[str]:
    """Lines about the artifacts of one kind and key, all runs together."""
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
    # Of families of the study's own, their names: all that they say is in the study.
    said = {name: list(value) if name == "families" else value for name, value in first.recipe.items()}
    lines += [f"  recipe   {', '.join(f'{name}: {value}' for name, value in said.items())}"] if said else []
    lines += [f"  seed     {first.seed}"] if first.seed is not None else []
    lines += [f"  from     {part}" for part in inputs]
    lines += [f"  folder   {first.folder}{f' … {len(artifacts)} folders' if len(artifacts) > 1 else ''}; {there}"]
    lines += [f"  now      {'to be made: ' + '; '.join(reasons) if reasons else 'up to date'}"]
    return lines


def in_short(study: str, artifacts: list[Artifact], states: dict[str, State]) -> str:
    """How many artifacts of each kind would be made: the study's own, and those of the studies that it extends."""
    todo = [each for each in artifacts if any(states[file].why for file in each.files if file in states)]
    lines = []
    for whose, part in (
        (study, [each for each in todo if each.study == study]),
        ("studies that it extends", [each for each in todo if each.study != study]),
    ):
        counts = Counter(each.kind for each in part)
        lines.append(f"to be made of {whose}: {', '.join(f'{count} {kind}' for kind, count in counts.items()) or 'nothing'}")
    return "\n".join(lines)


def main(args: argparse.Namespace) -> None:
    extensions = args.extensions or settings().get("extensions") or []
    workflow = plan_all({"studies": [args.study], "extensions": extensions})
    plan = next(plan for jobs in workflow.jobs.values() for plan in jobs.chosen if plan.study.name in workflow.studies)
    artifacts = shown(plan, args.trait)
    known = states(args.study, extensions)
    for phase in (*PHASES, *sorted({plan.phase_of(each.kind) for each in artifacts} - set(PHASES))):
        groups: dict[tuple[str, str], list[Artifact]] = {}
        for artifact in artifacts:
            if plan.phase_of(artifact.kind) == phase and artifact.study:
                groups.setdefault((artifact.kind, artifact.key), []).append(artifact)
        if groups:
            print(f"# {phase}\n")
        for group in groups.values():
            print("\n".join(describe(group, known)) + "\n")
    waiting = any(state.why for state in known.values() if state.rule.startswith(("tables_", "figures_")))
    print(f"# findings\n\ntables, figures and the page on their provenance: {'to be made' if waiting else 'up to date'}")
    print(f"\n# in short\n\n{in_short(plan.study.name, artifacts, known)}")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="sublearn plan", description=__doc__.splitlines()[0])
    found.add_argument("study", help="its name in config/studies, or the path of a YAML file")
    found.add_argument("trait", nargs="?", help="show only this trait's artifacts, and what they are made from")
    add_extensions(found)
    return found
