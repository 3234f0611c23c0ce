"""Read JSON lines that others wrote: one object a line, in UTF-8, and nothing that some readers take for something else."""

import codecs
import json
from collections import Counter
from typing import Any

from sublearn.core.errors import UserError
from sublearn.core.files import NOT_TEXT


def read(file: str, content: bytes) -> list[tuple[str, Any]]:
    """What each line holds, after the place of the line for messages; empty lines are skipped.

    Args:
        file: what messages call the file.
        content: its bytes.

    Raises:
        UserError: a line is not JSON, or there is none.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{file}: the file is encoded as UTF-16; save it as UTF-8, with one JSON object per line.")
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    found = [_line(f"{file}, line {number}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise UserError(f"{file}: found no row; should have one JSON object per line.")
    return found


def _line(where: str, line: bytes) -> tuple[str, Any]:
    try:
        return where, _values(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not readable as JSON ({error}); should be one object per line.") from error


def text(where: str, content: dict[str, Any], key: str, name: str, needed: str) -> str:
    """The text under a key of a row.

    Args:
        where: the place of the row.
        name: what the key should hold, such as a prompt.
        needed: what every row needs, for messages.

    Raises:
        UserError: there is no such key, or its value is no text.
    """
    if key not in content:
        there = ", ".join(list(content)[:5]) or "none"
        raise UserError(f"{where}: there is no key '{key}', only {there}; name the key that holds the {name}.")
    value = content[key]
    if not isinstance(value, str):
        raise UserError(f"{where}: the {name} is {json.dumps(value, default=str)[:40]}, which is no text; {needed}.")
    if odd := NOT_TEXT.search(value):
        raise UserError(f"{where}: the {name} holds the character U+{ord(odd[0]):04X}, which no text may hold; remove it.")
    return value


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
        [(most, count)] = Counter(name for name, _ in pairs).most_common(1) or [("", 1)]
        if count > 1:
            raise ValueError(f"the key '{most}' appears twice")
        return dict(pairs)

    return json.loads(line.decode(), parse_constant=refuse, parse_int=whole, object_pairs_hook=unique)
