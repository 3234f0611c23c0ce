"""Print config/schema.json: the JSON schema of a study, for editors that complete and check YAML.

    sublearn schema > config/schema.json

The schema is generated from the sections. A study may leave out keys that it inherits by ``extends``, or remove them with null,
so no key is required and every entry may be null. The workflow itself checks the rest.
"""

import argparse
import json
from typing import Any

from sublearn.chain.carriers.base import KINDS as CARRIER_KINDS
from sublearn.core.section import Section
from sublearn.orchestration.kinds import KINDS
from sublearn.orchestration.studies import DEFAULT_KIND
from sublearn.traits.base import FAMILY_FORMS


def render() -> dict[str, Any]:
    """The schema; the key ``kind`` chooses the part for the study kind."""
    definitions: dict[str, Any] = {}
    kinds = {kind.name: _study(kind.study, kind.name, definitions) for kind in KINDS}
    carriers = {kind.name: _section(kind.section, f"carrier.{kind.name}", definitions) for kind in CARRIER_KINDS}
    kinds[DEFAULT_KIND]["properties"]["carriers"] = {
        "type": "object",
        "description": "the carriers by name, each of a carrier kind",
        "additionalProperties": {"anyOf": [*carriers.values(), {"type": "null"}]},
    }
    families = {form.name: _section(form.section, f"family.{form.name}", definitions) for form in FAMILY_FORMS}
    kinds[DEFAULT_KIND]["properties"]["families"] = {
        "type": ["object", "null"],
        "description": "families of traits of the study's own, by name, or the names or paths of files that hold one",
        "additionalProperties": {"anyOf": [*families.values(), {"type": ["string", "null"]}]},
    }
    named = [{"if": _says(name), "then": schema} for name, schema in kinds.items()]
    unnamed = {"if": {"not": {"required": ["kind"]}}, "then": _any_of(kinds)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study",
        "type": "object",
        "properties": {"kind": {"enum": list(kinds), "description": "the study kind"}},
        "allOf": [*named, unnamed],
        "$defs": definitions,
    }


def _says(kind: str) -> dict[str, Any]:
    return {"required": ["kind"], "properties": {"kind": {"const": kind}}}


def _any_of(kinds: dict[str, Any]) -> dict[str, Any]:
    """The schema of a file without ``kind``: the default kind, or any kind if it extends another study."""
    extended = {"required": ["extends"], "anyOf": list(kinds.values())}
    return {"anyOf": [kinds[DEFAULT_KIND], extended]}


def _study(study: type[Section], kind: str, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = _section(study, kind, definitions)
    schema["properties"].pop("name", None)
    about = "the study to extend: its name, or the path of its file"
    schema["properties"]["extends"] = {"type": "string", "description": about}
    return schema


def _section(section: type[Section], prefix: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a section. Its own definitions are added to ``definitions`` under the prefix."""
    schema: dict[str, Any] = _partial(section.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}"))
    definitions |= {f"{prefix}.{name}": part for name, part in schema.pop("$defs", {}).items()}
    return schema


def _partial(schema: Any) -> Any:
    """The schema without required keys; entries may be null."""
    if isinstance(schema, list):
        return [_partial(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: value for name, value in schema.items() if name not in ("required", "discriminator", "default")}
    # Without required keys, an entry may match more than one alternative.
    partial = {"anyOf" if name == "oneOf" else name: _partial(value) for name, value in kept.items()}
    if "properties" in partial:
        partial["properties"] = {name: _or_null(each) for name, each in partial["properties"].items()}
    if isinstance(partial.get("additionalProperties"), dict):
        partial["additionalProperties"] = _or_null(partial["additionalProperties"])
    return partial


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {name: schema[name] for name in ("description", "title") if name in schema}
    rest = {name: value for name, value in schema.items() if name not in about}
    return {**about, "anyOf": [rest, {"type": "null"}]}


def main(args: argparse.Namespace) -> None:
    print(json.dumps(render(), indent=1, ensure_ascii=False))


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="sublearn schema", description=__doc__.splitlines()[0])
