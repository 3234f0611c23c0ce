"""Write config/README.md: every key of a study with its default, from the sections themselves.

python -m sublearn.reference > config/README.md
"""

import typing

from pydantic.fields import FieldInfo

from sublearn.bases import world
from sublearn.bases.section import Authors, Base, PinnedBase
from sublearn.carriers.section import Carrier, Given
from sublearn.classifier import section as classifier
from sublearn.classifier import study as classifier_study
from sublearn.core.section import Section
from sublearn.evaluations.section import Evaluation
from sublearn.findings.section import Claim
from sublearn.students.section import Student
from sublearn.study import Arm, ChainStudy, Trait
from sublearn.teachers.section import Teacher
from sublearn.theory import study as theory

INTRODUCTION = """# Studies

`config.yaml` names the studies that `snakemake --cores all` makes. A study is a YAML file in `studies/`, or anywhere:
`snakemake --cores all --config studies='[path/to/mine.yaml]'`. It may start from another one and change a few keys:

```yaml
extends: tiny
seed: 5
traits:
  owl: {steps: 80}   # this teacher is taught longer
  wolf: null         # this trait is left out
```

Mappings are merged key by key, lists and single values are replaced, and a key set to null is removed. What a study inherits
unchanged is not made again: its files are the parent's. Unknown keys and impossible values are refused before anything runs.
A path, of a study or in one, is seen from the project's folder.

This page is written by `python -m sublearn.reference > config/README.md`.
"""
WINGS: dict[str, dict[str, type[Section]]] = {
    "The chain: language models": {
        "A study": ChainStudy,
        "bases: by name": Base,
        "bases: by name, with a model that others trained": PinnedBase,
        "authors": Authors,
        "traits: by name": Trait,
        "teachers: by name": Teacher,
        "carriers": Carrier,
        "carriers.given: by teacher and trait, a list": Given,
        "students": Student,
        "arms: by name": Arm,
        "evaluations": Evaluation,
        "claims: a list": Claim,
    },
    "The classifier: digits from noise (`wing: classifier`)": {
        "A study of the classifier": classifier_study.ClassifierStudy,
        "images": classifier.Images,
        "bases: by name": classifier.Base,
        "teachers: by name": classifier.Teacher,
        "carriers": classifier.Carrier,
        "students": classifier.Student,
        "arms: by name": classifier_study.Arm,
        "claims: a list": classifier_study.Claim,
    },
    "The theorem: numeric checks (`wing: theory`)": {
        "A study of the theorem": theory.TheoryStudy,
        "networks": theory.Networks,
        "adversary": theory.Adversary,
        "conditions": theory.Conditions,
        "trajectory": theory.Trajectory,
        "claims: a list": theory.Claim,
    },
}


def _type(annotation: object) -> str:
    """A type as a user of YAML would call it."""
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
        if isinstance(value, Section)
        else ""
        if value in (None, "", [], {})
        else f"`{value}`".replace("True", "true").replace("False", "false")
    )


def _row(name: str, field: FieldInfo) -> str:
    meaning = field.description or "see below"
    return f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {meaning} |"


def _traits() -> list[str]:
    """The names that a study of the chain may give its traits."""
    lines = ["Traits have these names; gamma needs three or more of one family, and behaviours have none.", ""]
    return [*lines, *(f"- {family}: {', '.join(traits)}" for family, traits in world.FAMILIES.items()), ""]


def render() -> str:
    """The page as Markdown."""
    lines = [INTRODUCTION, *_traits()]
    for wing, sections in WINGS.items():
        lines += [f"## {wing}", ""]
        for title, section in sections.items():
            lines += [f"### {title}", "", (section.__doc__ or "").split("\n\n")[0], ""]
            lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
            lines += [_row(name, field) for name, field in section.model_fields.items() if name != "name"]
            lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(render(), end="")
