"""The base class of all sections of a study, and the error messages for wrong keys and values."""

import difflib
import math
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import ErrorDetails


class Section(BaseModel):
    """A part of a study. Unknown keys are refused, nothing is converted, and values cannot be changed after reading.

    Attributes:
        elsewhere: keys that users may try here, each with the words that say where such a thing belongs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    elsewhere: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        for key in filter(lambda key: isinstance(key, str) and key not in cls.model_fields, values):
            raise ValueError(f".{key}: there is no such key; {cls.elsewhere.get(key) or _keys_like(key, cls.model_fields)}")
        for key, field in cls.model_fields.items():
            named = next((each for each in field.metadata if isinstance(each, Named)), None)
            if named and field.is_required() and key not in values:
                raise ValueError(f".{key}: missing; choose one of {', '.join(sorted(named.names()))}")
        return values


class Named(ABC):
    """What a text of a section is declared with, if it must be one of some names."""

    @abstractmethod
    def names(self) -> list[str]:
        """These names."""


def _keys_like(key: str, known: Collection[str]) -> str:
    """The key that may be meant, or all if they are few, for the error sentence about an unknown one."""
    if near := difflib.get_close_matches(key, known, 1):
        return f"{near[0]} is the nearest"
    return f"choose one of {', '.join(known)}" if len(known) <= MOST_LISTED else "see config/README.md for those there are"


def _hexadecimal(digits: int, what: str) -> AfterValidator:
    """Accepts so many hexadecimal digits; upper-case ones become lower-case."""

    def check(value: str) -> str:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", value.strip()):
            raise ValueError(f"found {shown(value)}; should be {what}, {digits} digits from 0 to 9 and a to f")
        return value.strip().lower()

    return AfterValidator(check)


Sha256 = Annotated[
    str,
    _hexadecimal(64, "a SHA-256 as sha256sum prints it"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}),
]
Commit = Annotated[
    str, _hexadecimal(40, "a git commit in full"), WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F]{40}$"})
]


def _compiled(pattern: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # Python reads such a pattern, but may soon read it otherwise
            re.compile(pattern)
    except RecursionError:
        raise ValueError(f"{shown(pattern)} is no regular expression (it is nested too deeply)") from None
    except FutureWarning as warning:
        problem = str(warning)[0].lower() + str(warning)[1:]
        raise ValueError(f"{shown(pattern)} may mean two things ({problem}); put a backslash before the sign there") from None
    except (re.error, OverflowError) as error:
        raise ValueError(f"{shown(pattern)} is no regular expression ({error})") from None
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiled)]

# What a value should be, by the first word of pydantic's error, in the words of config/README.md.
KINDS = {
    "int": "a whole number", "float": "a number", "string": "text", "bool": "true or false", "list": "a list",
    "dict": "a mapping of names to values", "model": "a section of keys and values",
}  # fmt: skip
# The same for errors about a value of the right kind.
BOUNDS = {
    "greater_than": "should be more than {gt}", "greater_than_equal": "should be at least {ge}",
    "less_than": "should be less than {lt}", "less_than_equal": "should be at most {le}",
    "finite_number": "should be a finite number", "literal_error": "should be {expected}",
    "string_too_short": "should not be empty", "too_short": "should have {min_length} or more entries, not {actual_length}",
}  # fmt: skip
MOST_LISTED = 12  # keys that a message names
LONGEST = 80  # characters of a value that a message repeats
ASection = TypeVar("ASection", bound=Section)


def shown(value: Any) -> str:
    """A value as a message repeats it: as YAML writes it, and not too long."""
    text = {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


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
    first, *others = error.errors(include_url=False)
    if first["loc"][-1:] == ("[key]",) or first["type"] == "invalid_key":  # the key's own place says less than the key
        above = _path({**first, "loc": first["loc"][: -2 if first["loc"][-1] == "[key]" else -1]}, values)
        return f"{above}{': ' if above else ''}found {shown(first['input'])} as a key; should be text in quotes"
    path = _path(first, values)
    if first["type"] == "value_error":
        said = str(first["ctx"]["error"])
        # A section that is read by its kind adds the key within it: ".numbers.max_count: …".
        return f"{path}{said}".removeprefix(".") if said.startswith(".") else f"{path}: {said}" if path else said
    if first["type"] == "missing":
        return f"{path}: missing; a study needs it"
    or_else = dict.fromkeys(_right(each).removeprefix("should be ") for each in others if _path(each, values) == path)
    return f"{path}: found {shown(first['input'])}; {' or '.join([_right(first), *or_else])}{'' if or_else else _how(first)}"


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
    if error["type"] in BOUNDS:
        return BOUNDS[error["type"]].format_map(error.get("ctx", {}))
    return (error["msg"][0].lower() + error["msg"][1:]).removeprefix("input ")


def _how(error: ErrorDetails) -> str:
    """How to write a value that YAML read as something else than was meant; empty if the message says enough."""
    kind, found = error["type"].partition("_")[0], error["input"]
    if kind == "string" and isinstance(found, bool | int | float):
        return " in quotes"
    if kind == "list" and error["type"] == "list_type":
        return ", its entries in brackets or each after a dash"
    if kind in ("int", "float") and isinstance(found, str):
        digits = found.strip().replace("_", "")
        for meant in (int, float) if kind == "float" else (int,):
            try:
                such = meant(digits)
            except ValueError:
                continue
            return f", such as {such}" if math.isfinite(such) else ""
    return ""
