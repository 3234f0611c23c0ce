"""Read studies: YAML files, each of one kind, that may extend another study and change a few keys.

Mappings are merged key by key, lists and single values are replaced, and a key set to null is removed. Inherited claims about
an arm or a case that is removed go with it.
"""

import os
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sublearn.core import places, yaml_files
from sublearn.core.errors import UserError
from sublearn.core.names import LONGEST
from sublearn.core.section import sentence, shown, unknown
from sublearn.orchestration.kinds import KINDS
from sublearn.planning.study import Study

STUDIES = Path("config/studies")  # in the working folder, or else in the workflow
DEFAULT_KIND = "chain"
NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")  # rules are named after it, and number their parts: students_NAME__2
# What else lies in data, in results and among the logs, where each study has a folder of its name.
TAKEN = {"store", "weights", "released", "mnist", "robustness", "tuning", "report.html", "report.log", "costs.csv", "costs.svg"}
TAKEN |= {"scorecard.md", "scorecard.html"}
CLAIMED_BY = {"arms": ("arm", "times", "over"), "cases": ("case",)}  # the keys of claims that name what a section holds


def load(name: str) -> Study:
    """Read a study by its name in ``config/studies``, or by the path of a YAML file.

    Raises:
        UserError: the file is missing or unreadable, or a key or value in it is wrong.
    """
    return lineage(name)[0]


def lineage(name: str) -> list[Study]:
    """The study and the studies that it extends, nearest first."""
    merged: dict[str, Any] = {}
    studies: list[Study] = []
    for file, layer in reversed(_layers(name, [])):  # the furthest first: a mistake is told of the file in which it stands
        merged = _without_claims_of_removed(_merge(merged, layer, f"{file}: "), layer)
        kind = str(merged.get("kind", DEFAULT_KIND))
        if kind not in KINDS:
            raise UserError(f"{file}: kind: {unknown(kind, KINDS.names(), KINDS.what)}.")
        parent = studies[-1] if studies else None
        if parent and parent.kind != kind:
            raise UserError(
                f"{file}: extends: {parent.name} is a study of the kind {parent.kind}, and this one is of the kind {kind}; "
                "extend a study of the same kind."
            )
        _refuse_keys_of_other_kinds(file, layer, kind, parent)
        try:
            studies.append(KINDS.get(kind).study.model_validate(merged | {"name": file.stem}))
        except ValidationError as error:
            raise UserError(f"{file}: {sentence(error, merged)}.") from None
    return studies[::-1]


def files(name: str) -> list[Path]:
    """The files of the study and of the studies that it extends, nearest first."""
    return [file for file, _ in _layers(name, [])]


def find(name: str, asking: Path | None = None) -> Path:
    """The file of a study: a path, or a name in ``config/studies`` of the working folder or of the workflow.

    A path in ``extends`` starts from the folder of ``asking``, the study that holds it, or else from the working folder.
    """
    path = places.find(name, STUDIES)
    if asking and name.endswith((".yaml", ".yml")):
        beside = Path(os.path.normpath(asking.parent / path))
        return beside if os.path.isfile(beside) else path
    return path


def _layers(name: str, seen: list[Path]) -> list[tuple[Path, dict[str, Any]]]:
    asking = seen[-1] if seen else None
    file = find(name, asking)
    if not os.path.isfile(file):
        holds = f"config/studies holds {', '.join(places.known(STUDIES))}, and a path to a YAML file works too"
        if asking:
            raise UserError(
                f"{asking}: extends: there is no study '{name}', neither beside this file nor in {Path.cwd()}; {holds}."
            )
        raise UserError(f"{file}: there is no such study; {holds}.")
    if file.resolve() in [each.resolve() for each in seen]:
        raise UserError(f"{file}: extends itself, by way of {' and '.join(map(str, seen))}.")
    if not NAME.fullmatch(file.stem) or len(file.stem) > LONGEST:
        raise UserError(
            f"{file}: the file's name names the study; use lower-case letters and digits, and single dots, hyphens and "
            f"underscores between them, {LONGEST} characters at most."
        )
    _refuse_taken_name(file)
    content = yaml_files.read(file)
    if not isinstance(content, dict):
        found = "nothing" if content is None else "a list" if isinstance(content, list) else shown(content)
        raise UserError(f"{file}: found {found}, but a study is a mapping of keys to values.")
    if "name" in content:
        raise UserError(f"{file}: name: a study is named by its file; leave the key out.")
    parent = content.pop("extends", None)
    if not isinstance(parent, str | None) or parent == "":
        raise UserError(f"{file}: extends: found {shown(parent)}; name one study, or the path of its YAML file.")
    return [(file, content), *(_layers(parent, [*seen, file]) if parent else [])]


def _refuse_taken_name(file: Path) -> None:
    """Refuse a name under which another study in ``config/studies``, or something that is no study, keeps its files."""
    if file.stem in TAKEN:
        raise UserError(f"{file}: data, results or logs hold something else called '{file.stem}'; rename the study.")
    # What the name finds comes first: in the working folder, such as an edited copy, or else in the workflow.
    named = [find(file.stem), *(path for place in places.both(STUDIES) for path in place.rglob(f"{file.stem}.yaml"))]
    owner = next((path for path in named if path.is_file()), file)
    if owner.resolve() != file.resolve():
        raise UserError(f"{file}: another study, {owner}, has the same name, so both would write the same files; rename yours.")


def _refuse_keys_of_other_kinds(file: Path, layer: dict[str, Any], kind: str, parent: Study | None) -> None:
    """Refuse a key that only studies of another kind have, and say of which kind this one is: it may not say so itself."""
    why, right = (
        (f", like {parent.name}, which it extends", "extend another study")
        if parent
        else ("", "set another kind" if "kind" in layer else "set kind")
    )
    for key in layer:
        having = [each.name for each in KINDS if key in each.study.model_fields]
        if having and kind not in having:
            raise UserError(
                f"{file}: {key}: only a study of the kind {' or '.join(having)} has such a key, and this one is of the kind "
                f"{kind}{why}; {right}, or leave the key out."
            )


def _merge(below: dict[str, Any], above: dict[str, Any], path: str) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, dict):
            under = merged.get(key)
            merged[key] = _merge(under if isinstance(under, dict) else {}, value, f"{path}{key}.")
        elif value is not None:
            merged[key] = value
        elif key in merged:
            del merged[key]
        else:
            raise UserError(
                f"{path}{key}: found null, which removes a key, but there is none to remove; an empty entry is {{}}."
            )
    return merged


def _without_claims_of_removed(merged: dict[str, Any], layer: dict[str, Any]) -> dict[str, Any]:
    """Leave out inherited claims about arms or cases that a layer removes, unless it lists claims of its own."""
    claims = merged.get("claims")
    if "claims" in layer or not isinstance(claims, list):
        return merged
    for section, keys in CLAIMED_BY.items():
        parts = layer.get(section)
        removed = {name for name, part in parts.items() if part is None} if isinstance(parts, dict) else set()
        claims = [each for each in claims if not (isinstance(each, dict) and removed & {str(each.get(key)) for key in keys})]
    return merged | {"claims": claims}
