"""Rows of text in JSON lines that others wrote, read strictly: what one reader takes so, no other may take otherwise."""

import codecs
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sublearn.core.errors import UserError
from sublearn.core.files import NOT_TEXT

BOTH = "a prompt and a completion"
TWO_TEXTS = "every row needs two texts"


def rows(file: str, content: bytes, holds: str = BOTH) -> list[tuple[str, dict[str, Any]]]:
    """The object of each line of a file's bytes, after the place of the line for messages; empty lines are skipped.

    Raises:
        UserError: a line is not an object in JSON, or there is none.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{file}: the file is encoded as UTF-16; save it as UTF-8, with one JSON object per line.")
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    places = [(f"{file}, line {number}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not places:
        raise UserError(f"{file}: found no row; should have one JSON object per line.")
    return [(where, row(line, where, holds)) for where, line in places]


def row(line: bytes, where: str, holds: str = BOTH) -> dict[str, Any]:
    """The object that a line holds.

    Args:
        where: names the line in errors.
        holds: what an object should hold.

    Raises:
        UserError: the line is not an object in JSON.
    """
    try:
        content = _values(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not readable as JSON ({error}); should be one object per line.") from error
    if not isinstance(content, dict):
        raise UserError(f"{where}: found {shown(content)}; should be an object with {holds}.")
    return content


def texts(
    content: Mapping[str, Any],
    keys: Mapping[str, str],
    where: str,
    needed: str = TWO_TEXTS,
    hints: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The texts of a row: for each name, such as ``completion``, what stands under its key.

    ``hints`` says by name how a user names another key.

    Raises:
        UserError: a key is missing, or holds no text.
    """
    found = {}
    for name, key in keys.items():
        if key not in content:
            there = ", ".join(shown(each) for each in list(content)[:5]) or "none"
            hint = (hints or {}).get(name, "")
            raise UserError(f"{where}: there is no key '{key}', only {there}; name the key that holds the {name}{hint}.")
        found[name] = text(content[key], name, where, needed)
    return found


def text(value: Any, name: str, where: str, needed: str = TWO_TEXTS) -> str:
    """The value, if it is a text that every file can hold; ``name`` says what it should be, ``needed`` what every row needs.

    Raises:
        UserError: it is not.
    """
    if not isinstance(value, str):
        raise UserError(f"{where}: the {name} is {shown(value)}, which is no text; {needed}.")
    if odd := NOT_TEXT.search(value):
        raise UserError(f"{where}: the {name} holds the character U+{ord(odd[0]):04X}, which no text may hold; remove it.")
    return value


def shown(value: Any) -> str:
    """The beginning of a value of unknown origin, for one line of an error: a text as it is, anything else as JSON."""
    try:
        words = value if isinstance(value, str) else json.dumps(value, default=lambda other: f"a {type(other).__name__}")
    except (RecursionError, TypeError, ValueError):  # nested too deeply, or with keys that are no text
        words = f"a {type(value).__name__}"
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words[:40])


def _values(line: bytes) -> Any:
    """What a line of JSON holds.

    Raises:
        ValueError: it is not JSON in UTF-8, or holds what some readers take for something else: NaN, or a key twice.
        RecursionError: it is nested too deeply.
    """

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not valid JSON")

    def whole(digits: str) -> int:
        if len(digits) > 1000:
            raise ValueError(f"a number of {len(digits)} digits")
        return int(digits)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            [(most, _)] = Counter(name for name, _ in pairs).most_common(1)
            raise ValueError(f"the key '{shown(most)}' appears twice")
        return values

    return json.loads(line.decode(), parse_constant=refuse, parse_int=whole, object_pairs_hook=unique)
