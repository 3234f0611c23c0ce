"""The names of what users declare in a study: their form, and what is named twice."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = 100  # characters of a name: files are called after it, with more words before and behind
FORM = f"a lower-case letter, then such letters, digits and underscores, {LONGEST} characters at most"
Name = TypeVar("Name", bound=Hashable)


def is_name(text: str) -> bool:
    """Whether a thing in a study may have this name."""
    return bool(NAME.fullmatch(text)) and len(text) <= LONGEST


def repeated(names: Iterable[Name]) -> list[Name]:
    """Those that are there more than once, each once, in the order of their first places."""
    return [name for name, count in Counter(names).items() if count > 1]


def members(family: str) -> str:
    """How one speaks of a family's traits: animals, wrong answers; a name that takes no s stays as it is."""
    words = family.replace("_", " ")
    return words if words != family or words[-1] in "sy" else f"{words}s"
