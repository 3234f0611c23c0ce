"""Print config/README.md: every key of a study with its default, taken from the sections.

sublearn reference > config/README.md
"""

import argparse
import typing

from pydantic.fields import FieldInfo

from sublearn.core.registry import NameIn
from sublearn.core.section import Section
from sublearn.orchestration.kinds import KINDS
from sublearn.traits.base import families

INTRODUCTION = """# Studies

`config.yaml` names the studies that `snakemake --cores all` makes. A study is a YAML file in `studies/`, or anywhere else:
`snakemake --cores all --config studies='[path/to/mine.yaml]'`. It may extend another study and change a few keys:

```yaml
extends: tiny
seed: 5
traits:
  owl: {steps: 80}   # this teacher is taught longer
  wolf: null         # this trait is left out (gamma needs three of a family)
  bear: {}
```

Mappings are merged key by key, lists and single values are replaced, and a key set to null is removed. Inherited claims about
an arm or a case that is removed go with it, unless the study lists claims of its own. A study reuses the parent's files for
everything that it inherits unchanged. Unknown keys and impossible values are refused before anything runs. Relative paths start
from the project's folder; a path in `extends` starts from the folder of its own file, if the study is there. YAML's anchors and
merge keys (`<<: *common`) work. Numbers are decimal (`10`, `0.001`, `1e-3`), and only `true` and `false` are truth values; all
else (`010`, `1_000`, `1:30`, `0x1F`, `yes`, `off`) is text.

`sublearn reference > config/README.md` writes this page.
"""


def _type(annotation: object) -> str:
    """A type in the words of a YAML user."""
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(map(str, typing.get_args(annotation)))
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return {"int": "whole number", "float": "number", "str": "text", "bool": "true or false"}.get(
            annotation.__name__, "section"
        )
    if typing.get_origin(annotation) is typing.Annotated:
        return _type(typing.get_args(annotation)[0])
    parts = [_type(part) for part in typing.get_args(annotation) if part is not type(None)]
    origin = typing.get_origin(annotation)
    if origin is dict:
        return "mapping"
    return f"list of {parts[0]}" if origin is list else " or ".join(parts)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    return (
        "see below"
        if isinstance(value, Section) or (isinstance(value, dict) and any(isinstance(each, Section) for each in value.values()))
        else ""
        if value in (None, "", [], {})
        else f"`{value}`".replace("True", "true").replace("False", "false")
    )


def _row(name: str, field: FieldInfo) -> str:
    meaning = field.description or "see below"
    registered = next((mark.registry for mark in field.metadata if isinstance(mark, NameIn)), None)
    kind = ", ".join(registered.names()) if registered else _type(field.annotation)
    return f"| `{name}` | {kind} | {_default(field)} | {meaning} |"


def _traits() -> list[str]:
    """The traits that a study of language models may name, by family."""
    lines = [
        "A study can name these traits, and those of its own families. Gamma needs three or more traits of one family.",
        "",
    ]
    return [*lines, *(f"- {family.name}: {', '.join(family.traits)}" for family in families().values()), ""]


def render() -> str:
    """The page as Markdown."""
    lines = [INTRODUCTION, *_traits()]
    for kind in KINDS:
        lines += [f"## {kind.title}", ""]
        for title, section in kind.sections.items():
            lines += [f"### {title}", "", (section.__doc__ or "").split("\n\n")[0], ""]
            lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
            lines += [_row(name, field) for name, field in section.model_fields.items() if name != "name"]
            lines.append("")
    return "\n".join(lines)


def main(args: argparse.Namespace) -> None:
    print(render(), end="")


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn reference", description=__doc__.splitlines()[0])
