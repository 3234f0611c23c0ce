"""Read YAML as people mean it, and write it so that it is read back as it was.

PyYAML follows YAML 1.1, in which 010 is 8, 1:30 is 90, 1_0 is 10, no is false and 1e-4 is a text. Here, as in YAML 1.2, numbers
are decimal and only true and false are truth values. All else is a text, which a section refuses where it needs a number.
"""

import codecs
import os
import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from sublearn.core.errors import UserError
from sublearn.core.files import NOT_TEXT, write_text

LARGEST = 2**20  # bytes of a file; the largest study of ours has a hundredth of that
MOST_VALUES = 100_000  # with every alias written out
MOST_DIGITS = 18  # of a whole number: it fits into 64 bits
TAG = "tag:yaml.org,2002:"
FLOAT = r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
PLAIN = {
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": ("true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": ("[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    "float": (FLOAT, list("-+.0123456789")),
    "merge": ("<<", ["<"]),
}
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: str | os.PathLike[str]) -> Any:
    """The values in a YAML file; empty files hold None.

    Raises:
        UserError: the file cannot be read, is too large, or is not YAML as people mean it.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(content) > LARGEST:
        raise UserError(f"{path}: larger than {LARGEST // 2**20} MiB, the limit for a file of settings; name another file.")
    text = ""
    try:
        text = content.decode("utf-16" if content.startswith(UTF16) else "utf-8-sig")
        return yaml.load(text, _Loader)
    except UnicodeDecodeError as error:
        line, problem = content.count(b"\n", 0, error.start), "the file is not encoded as UTF-8; save it as UTF-8"
    except yaml.reader.ReaderError as error:
        line, problem = text.count("\n", 0, error.position), f"the character U+{error.character:04X} may not be in it"
    except yaml.MarkedYAMLError as error:
        line, problem = error.problem_mark.line if error.problem_mark else 0, error.problem
    except RecursionError:
        line, problem = 0, "it is nested too deeply"
    raise UserError(f"{path}, line {line + 1}: not readable as YAML ({problem}).") from None


def write(value: Any, heading: str, path: str | os.PathLike[str]) -> None:
    """Write a value as YAML, keys in their own order, below a comment."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    write_text("".join(f"# {line}\n" for line in heading.splitlines()) + text, path)


class _Loader(yaml.SafeLoader):
    """A loader that refuses what others read silently as something else: a key that appears twice, a tag, half a character."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None and _values(node, {}) > MOST_VALUES:
            raise _problem(f"with its aliases written out, it holds more than {MOST_VALUES:,} values", node)
        return node

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if tag := getattr(event, "tag", None):
            raise _problem(f"the tag {tag.replace(TAG, '!!')} is not supported; leave it out", event)
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _problem("a key is a list or a mapping, but should be one text", key)
            if (key.tag, key.value) in seen:
                raise _problem(f"the key '{key.value}' appears twice; keep one", key)
            seen.add((key.tag, key.value))
        return node

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        if (digits := len(node.value.lstrip("+-"))) > MOST_DIGITS:
            raise _problem(f"a whole number of {digits} digits; at most {MOST_DIGITS} are read", node)
        return int(node.value)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        return float(node.value)

    def construct_yaml_str(self, node: yaml.ScalarNode) -> str:
        if odd := NOT_TEXT.search(node.value):
            raise _problem(f"the character U+{ord(odd[0]):04X} may not be in a text", node)
        return str(node.value)


def _problem(problem: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _values(node: yaml.Node, known: dict[int, int | None]) -> int:
    """The number of values in a node, with every alias in it written out."""
    if id(node) not in known:
        known[id(node)] = None
        parts = [node for pair in node.value for node in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + (0 if isinstance(node, yaml.ScalarNode) else sum(_values(part, known) for part in parts))
    found = known[id(node)]
    if found is None:
        raise _problem("a value contains itself", node)
    return found


class _Dumper(yaml.SafeDumper):
    """A dumper that puts a text in quotes if it is a number for us or for YAML 1.1."""


for _name, (_pattern, _first) in PLAIN.items():
    _Loader.add_implicit_resolver(TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)
for _name in ("int", "float", "str"):
    _Loader.add_constructor(TAG + _name, getattr(_Loader, f"construct_yaml_{_name}"))
_Dumper.add_implicit_resolver(TAG + "float", re.compile(f"^(?:{FLOAT})$"), PLAIN["float"][1])
