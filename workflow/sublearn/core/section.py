"""The form of every section of a study: typed, closed, unchanging; and how what is wrong with one is said."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails


class Section(BaseModel):
    """A part of a study; unknown keys are refused, values are not changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What a value should be, by the first word of pydantic's error: as config/README.md calls it, not as Python does.
KINDS = {
    "int": "a whole number", "float": "a number", "string": "text", "bool": "true or false", "list": "a list",
    "dict": "a mapping of names to values", "model": "a section of keys and values",
}  # fmt: skip
ASection = TypeVar("ASection", bound=Section)


def unknown(name: str, there: Iterable[str], what: str) -> str:
    """The sentence about a name that is not there."""
    return f"unknown {what} '{name}'; choose one of {', '.join(sorted(there))}"


def check_known(path: str, name: str, there: Iterable[str], what: str) -> None:
    """Refuse an unknown name.

    Raises:
        ValueError: one sentence with the key's path, what was found and what there is.
    """
    there = list(there)
    if name not in there:
        raise ValueError(f"{path}: {unknown(name, there, what)}")


def with_overrides(section: ASection, changes: dict[str, Any], path: str) -> ASection:
    """The section with some keys changed, as an arm changes the students' recipe.

    Raises:
        ValueError: one sentence, if a change is wrong; ``path`` says where the changes stand.
    """
    values = section.model_dump() | changes
    try:
        return type(section).model_validate(values)
    except ValidationError as error:
        raise ValueError(f"{path}.{sentence(error, values)}") from None


def sentence(error: ValidationError, values: Any) -> str:
    """The first problem with some values: the key's path, what was found, what would be right."""
    first, *others = error.errors()
    path = _path(first, values)
    if first["type"] == "value_error":
        said = str(first["ctx"]["error"])
        # A section that was read by its kind says where in it the problem is: ".numbers.max_count: …".
        return f"{path}{said}" if said.startswith(".") else f"{path}: {said}" if path else said
    if first["type"] == "extra_forbidden":
        return f"{path}: there is no such key; see config/README.md for those there are"
    if first["type"] == "missing":
        return f"{path}: missing; a study needs it"
    or_else = dict.fromkeys(_right(each).removeprefix("should be ") for each in others if _path(each, values) == path)
    return f"{path}: found {first['input']!r}; {' or '.join([_right(first), *or_else])}"


def _path(error: ErrorDetails, values: Any) -> str:
    """The keys of an error's place that a user wrote, and one that is missing; pydantic puts names of types among them."""
    *above, last = error["loc"] or ("",)
    kept = []
    for part in (*above, last):
        there = part in values if isinstance(values, dict) else isinstance(values, list) and isinstance(part, int)
        values = values[part] if there else values
        kept += [str(part)] if there or (error["type"] == "missing" and part is last) else []
    return ".".join(kept)


def _right(error: ErrorDetails) -> str:
    """What a value should be."""
    kind, _, problem = error["type"].partition("_")
    if kind in KINDS and problem in ("type", "parsing", "from_float", "attributes_type"):
        return f"should be {KINDS[kind]}"
    return (error["msg"][0].lower() + error["msg"][1:]).removeprefix("input ")
