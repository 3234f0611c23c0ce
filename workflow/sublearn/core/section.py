"""The base class of all sections of a study, and the error messages for wrong keys and values."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails


class Section(BaseModel):
    """A part of a study. Unknown keys are refused, and values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What a value should be, by the first word of pydantic's error, in the words of config/README.md.
KINDS = {
    "int": "a whole number", "float": "a number", "string": "text", "bool": "true or false", "list": "a list",
    "dict": "a mapping of names to values", "model": "a section of keys and values",
}  # fmt: skip
ASection = TypeVar("ASection", bound=Section)


def unknown(name: str, choices: Iterable[str], what: str) -> str:
    """The error sentence for an unknown name."""
    return f"unknown {what} '{name}'; choose one of {', '.join(sorted(choices))}"


def check_known(path: str, name: str, choices: Iterable[str], what: str) -> None:
    """Refuse an unknown name.

    Raises:
        ValueError: one sentence with the key's path, the name that was found and the choices.
    """
    choices = list(choices)
    if name not in choices:
        raise ValueError(f"{path}: {unknown(name, choices, what)}")


def with_overrides(section: ASection, changes: dict[str, Any], path: str) -> ASection:
    """A copy of the section with some keys changed, as an arm changes the students' recipe.

    Raises:
        ValueError: a change is wrong; one sentence, which starts with ``path``, the place of the changes in the study.
    """
    values = section.model_dump() | changes
    try:
        return type(section).model_validate(values)
    except ValidationError as error:
        raise ValueError(f"{path}.{sentence(error, values)}") from None


def sentence(error: ValidationError, values: Any) -> str:
    """The first problem with some values, in one sentence: the key's path, what was found, what would be right."""
    first, *others = error.errors()
    path = _path(first, values)
    if first["type"] == "value_error":
        said = str(first["ctx"]["error"])
        # A section that is read by its kind adds the key within it: ".numbers.max_count: …".
        return f"{path}{said}" if said.startswith(".") else f"{path}: {said}" if path else said
    if first["type"] == "extra_forbidden":
        return f"{path}: there is no such key; see config/README.md for those there are"
    if first["type"] == "missing":
        return f"{path}: missing; a study needs it"
    or_else = dict.fromkeys(_right(each).removeprefix("should be ") for each in others if _path(each, values) == path)
    return f"{path}: found {first['input']!r}; {' or '.join([_right(first), *or_else])}"


def _path(error: ErrorDetails, values: Any) -> str:
    """The path of an error: keys that the user wrote or left out, without the type names that pydantic adds."""
    *above, last = error["loc"] or ("",)
    kept = []
    for part in (*above, last):
        is_key = part in values if isinstance(values, dict) else isinstance(values, list) and isinstance(part, int)
        values = values[part] if is_key else values
        kept += [str(part)] if is_key or (error["type"] == "missing" and part is last) else []
    return ".".join(kept)


def _right(error: ErrorDetails) -> str:
    """What a value should be."""
    kind, _, problem = error["type"].partition("_")
    if kind in KINDS and problem in ("type", "parsing", "from_float", "attributes_type"):
        return f"should be {KINDS[kind]}"
    return (error["msg"][0].lower() + error["msg"][1:]).removeprefix("input ")
