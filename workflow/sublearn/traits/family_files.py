"""Families of traits that a user declares as data: in a study, or in a file that it names."""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sublearn.core import places, yaml_files
from sublearn.core.errors import UserError
from sublearn.core.names import repeated
from sublearn.core.section import Section, sentence, shown, unknown
from sublearn.traits.base import DEFAULT_FORM, FAMILY_FORMS, declare

TRAITS = Path("config/traits")  # files of families, in the working folder or in the workflow


def declare_files(names: list[str]) -> None:
    """Let this process know the families in these files, each named after its file.

    Raises:
        UserError: there is no such file, it holds no family, or two have one name.
    """
    if twice := repeated(Path(name).stem for name in names):
        raise UserError(f"--families: two are named {twice[0]}, after their files; rename one of these, or leave it out.")
    try:
        found = {Path(name).stem: family(Path(name).stem, name) for name in names}
        declare({
            name: section.model_dump(mode="json", exclude_defaults=True) | {"kind": getattr(section, "kind", DEFAULT_FORM)}
            for name, section in found.items()
        })  # fmt: skip
    except ValueError as error:
        raise UserError(f"--families{' ' if str(error)[:1] == '.' else ': '}{str(error).removeprefix('.')}.") from None


def family(name: str, value: Any) -> Any:
    """The section of a family: as written in the study, or in the file that a text names."""
    if isinstance(value, Section):
        return value
    path = f".{name}"
    if isinstance(value, str):
        place = places.find(value, TRAITS)
        if not os.path.isfile(place):
            known = ", ".join(places.known(TRAITS))
            is_path = "/" in value and not value.endswith((".yaml", ".yml"))
            found = f"found {value}" if is_path else f"there is no {place}"
            raise ValueError(f"{path}: {found}; config/traits holds {known}, and a path that ends in .yaml works too")
        try:
            path, value = f"{path} ({place})", yaml_files.read(place)
        except UserError as error:
            raise ValueError(f"{path}: {str(error).removesuffix('.')}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: found {shown(value)}; should be a section of keys and values, or the name of a file")
    form = str(value.get("kind", DEFAULT_FORM))
    if form not in FAMILY_FORMS:
        raise ValueError(f"{path}.kind: {unknown(form, FAMILY_FORMS.names(), FAMILY_FORMS.what)}")
    try:
        return FAMILY_FORMS.get(form).section.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"{path}.{sentence(error, value)}") from None
