"""Read studies: YAML files, each of one kind, that may extend another study and change a few keys.

Mappings are merged key by key, lists and single values are replaced, and a key set to null is removed.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sublearn.core.errors import UserError
from sublearn.core.section import sentence, unknown
from sublearn.orchestration.kinds import KINDS
from sublearn.planning.study import Study

STUDIES = Path("config/studies")  # in the working folder, or else in the workflow
PROJECT = Path(__file__).parents[3]  # the folder of the workflow
OWN = PROJECT / STUDIES
DEFAULT_KIND = "chain"
NAME = re.compile(r"[a-z0-9][a-z0-9.\-]*")
# What else lies in data, in results and among the logs, where each study has a folder of its name.
TAKEN = {"store", "robustness", "report.html", "report.log", "costs.csv", "costs.svg"}


def load(name: str) -> Study:
    """Read a study by its name in ``config/studies``, or by the path of a YAML file.

    Raises:
        UserError: the file is missing or unreadable, or a key or value in it is wrong.
    """
    return lineage(name)[0]


def lineage(name: str) -> list[Study]:
    """The study and the studies that it extends, nearest first."""
    layers = _layers(name, [])
    studies = []
    for depth, (file, _) in enumerate(layers):
        merged: dict[str, Any] = {}
        for layer_file, layer in reversed(layers[depth:]):
            merged = _merge(merged, layer, f"{layer_file}: ")
        kind = str(merged.get("kind", DEFAULT_KIND))
        if kind not in KINDS:
            raise UserError(f"{file}: kind: {unknown(kind, KINDS.names(), KINDS.what)}.")
        try:
            studies.append(KINDS.get(kind).study.model_validate(merged | {"name": file.stem}))
        except ValidationError as error:
            raise UserError(f"{file}: {sentence(error, merged)}.") from None
    return studies


def files(name: str) -> list[Path]:
    """The files of the study and of the studies that it extends, nearest first."""
    return [file for file, _ in _layers(name, [])]


def find(name: str) -> Path:
    """The file of a study: a path, or a name in ``config/studies`` of the working folder or of the workflow."""
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    here, own = (place / f"{name}.yaml" for place in (STUDIES, OWN))
    return here if here.is_file() or not own.is_file() else own


def _layers(name: str, seen: list[Path]) -> list[tuple[Path, dict[str, Any]]]:
    file = find(name)
    if not file.is_file():
        known = ", ".join(sorted({path.stem for place in (STUDIES, OWN) for path in place.glob("*.yaml")}))
        raise UserError(f"{file}: there is no such study; config/studies holds {known}, and a path to a YAML file works too.")
    if file in seen:
        raise UserError(f"{file}: extends itself, by way of {' and '.join(map(str, seen))}.")
    if not NAME.fullmatch(file.stem):
        raise UserError(f"{file}: the file's name names the study; use lower-case letters, digits, dots and hyphens.")
    _refuse_taken_name(file)
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise UserError(f"{file}{line}: not readable as YAML ({problem}).") from None
    if not isinstance(content, dict):
        found = "nothing" if content is None else "a list" if isinstance(content, list) else f"'{content}'"
        raise UserError(f"{file}: found {found}, but a study is a mapping of keys to values.")
    if "name" in content:
        raise UserError(f"{file}: name: a study is named by its file; leave the key out.")
    parent = content.pop("extends", None)
    if not isinstance(parent, str | None):
        raise UserError(f"{file}: extends: found {parent!r}; name one study, or the path of its YAML file.")
    return [(file, content), *(_layers(parent, [*seen, file]) if parent else [])]


def _refuse_taken_name(file: Path) -> None:
    """Refuse a study whose files would lie among those of another study in ``config/studies``, or of none."""
    if file.stem in TAKEN:
        raise UserError(f"{file}: data, results or logs hold something else called '{file.stem}'; rename the study.")
    # What the name finds comes first: in the working folder, such as an edited copy, or else in the workflow.
    named = [find(file.stem), *(path for place in (STUDIES, OWN) for path in place.rglob(f"{file.stem}.yaml"))]
    owner = next((path for path in named if path.is_file()), file)
    if owner.resolve() != file.resolve():
        raise UserError(f"{file}: another study, {owner}, has the same name, so both would write the same files; rename yours.")


class _StrictLoader(yaml.SafeLoader):
    """A YAML loader that refuses duplicate keys, such as a second seed."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for (key, _), value in zip(node.value, keys, strict=True):
            if keys.count(value) > 1:
                raise yaml.MarkedYAMLError(problem=f"the key '{value}' is there twice; keep one", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


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
