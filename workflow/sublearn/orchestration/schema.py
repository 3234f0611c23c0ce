"""Write config/schema.json: the form of a study, for editors that complete and check YAML.

    sublearn schema > config/schema.json

It comes from the sections themselves. A study may leave out what it inherits by ``extends``, and remove what it inherits with
null, so nothing is required and entries may be null; the workflow itself checks the rest.
"""

import argparse
import json
from typing import Any

from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.orchestration.kinds import KINDS
from sublearn.orchestration.studies import DEFAULT_KIND


def render() -> dict[str, Any]:
    """The schema: a study is of one kind, by its key ``kind``."""
    kinds = {kind.name: _study(kind.study) for kind in KINDS}
    definitions: dict[str, Any] = {}
    for carrier in CARRIER_KINDS:
        definitions |= {f"carrier_{carrier.name}": _partial(carrier.section.model_json_schema())}
    for schema in kinds.values():
        definitions |= schema.pop("$defs", {})
    chain = kinds[DEFAULT_KIND]["properties"]
    chain["carriers"] = {
        "type": "object",
        "description": "by name; each of a carrier kind",
        "additionalProperties": {
            "anyOf": [*({"$ref": f"#/$defs/carrier_{kind.name}"} for kind in CARRIER_KINDS), {"type": "null"}]
        },
    }
    names = list(kinds)
    choices = [
        {"if": {"required": ["kind"], "properties": {"kind": {"const": name}}}, "then": kinds[name]}
        for name in names
        if name != DEFAULT_KIND
    ]
    plain = {"if": {"not": {"required": ["kind"]}}, "then": _any_of(kinds)}
    chosen = {"if": {"required": ["kind"], "properties": {"kind": {"const": DEFAULT_KIND}}}, "then": kinds[DEFAULT_KIND]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study",
        "type": "object",
        "properties": {"kind": {"enum": names, "description": "the study kind; what is extended says it too"}},
        "allOf": [*choices, chosen, plain],
        "$defs": definitions,
    }


def _any_of(kinds: dict[str, Any]) -> dict[str, Any]:
    """A file that names no kind is of the default one, or of that which it extends."""
    extended = {"required": ["extends"], "anyOf": list(kinds.values())}
    return {"anyOf": [kinds[DEFAULT_KIND], extended]}


def _study(study: Any) -> dict[str, Any]:
    schema = _partial(study.model_json_schema())
    schema["properties"].pop("name", None)
    schema["properties"]["extends"] = {"type": "string", "description": "the study to start from: a name, or a path"}
    return schema


def _partial(schema: Any) -> Any:
    """The schema without requirements, where entries may be null."""
    if isinstance(schema, list):
        return [_partial(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _partial(value) for name, value in schema.items() if name not in ("required", "discriminator", "default")}
    if "properties" in found:
        found["properties"] = {name: _or_null(each) for name, each in found["properties"].items()}
    if isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = _or_null(found["additionalProperties"])
    return found


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {name: schema[name] for name in ("description", "title") if name in schema}
    rest = {name: value for name, value in schema.items() if name not in about}
    return {**about, "anyOf": [rest, {"type": "null"}]}


def main(args: argparse.Namespace) -> None:
    print(json.dumps(render(), indent=1, ensure_ascii=False))


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn schema", description=__doc__.splitlines()[0])
