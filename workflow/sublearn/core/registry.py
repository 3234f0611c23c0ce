"""Find the objects that modules declare, such as trait kinds, figures and evaluations.

A registry searches one package, such as ``sublearn.traits``, for all objects of one type that its modules define. A new trait
kind, figure or evaluation is therefore one new file, and no list needs an edit. A user's own folders (``extensions:`` in the
configuration) are laid out like the package: ``mine/traits/loyal.py`` joins ``sublearn.traits``.
"""

import ast
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

import sublearn
from sublearn import EXTENSIONS
from sublearn.core import code_identity
from sublearn.core.errors import UnknownNameError, UserError
from sublearn.core.section import Named, unknown


class Declared(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=Declared)


def extension_folders() -> list[Path]:
    """The user's own folders of modules."""
    return [Path(folder) for folder in os.environ.get(EXTENSIONS, "").split(os.pathsep) if folder]


def use_extensions(folders: Iterable[str | Path]) -> None:
    """Let this process and its child processes find modules in these folders too.

    Raises:
        UserError: a folder does not exist, or has a name that no list of folders can hold.
    """
    places = [Path(os.path.expanduser(folder)).absolute() for folder in folders]
    for place in places:
        if not os.path.isdir(place):  # also false for a name that no file system takes
            raise UserError(f"extensions: {place} is not a folder; name folders laid out like workflow/sublearn.")
        if os.pathsep in str(place):
            raise UserError(f"extensions: {place} has a '{os.pathsep}' in its path, which no list of folders can hold.")
    os.environ[EXTENSIONS] = os.pathsep.join(map(str, places))
    _join_packages()


def _join_packages() -> None:
    """Add the user's folders to the search paths of our packages: ``mine/traits`` to ``sublearn.traits``."""
    own = Path(sublearn.__file__).parent
    for extension in extension_folders():
        for init in own.rglob("__init__.py"):
            parts = init.parent.relative_to(own).parts
            place = extension.joinpath(*parts)
            if place.is_dir():
                package = importlib.import_module(".".join(["sublearn", *parts]))
                if str(place) not in package.__path__:
                    package.__path__.append(str(place))


class Registry(Generic[Thing]):
    """The objects of one type that the modules of a package declare.

    Args:
        package: the package, such as ``sublearn.traits``.
        kind: the type of the objects.
        what: their name in messages, such as "trait kind".
        pattern: the files to search, relative to the package.
    """

    def __init__(self, package: str, kind: type[Thing], what: str, pattern: str = "*.py") -> None:
        self.package, self.kind, self.what, self.pattern = package, kind, what, pattern

    @cached_property
    def _found(self) -> dict[str, tuple[Thing, str, Path]]:
        """Each object by its name, with the name and the file of its module.

        Raises:
            UserError: a module cannot be imported, or two modules declare the same name.
        """
        by_name: dict[str, tuple[Thing, str, Path]] = {}
        for place in self._places():
            for file in sorted(place.glob(self.pattern)):
                module = ".".join([self.package, *file.relative_to(place).with_suffix("").parts])
                for thing in self._declared(module, file):
                    other = by_name.get(thing.name)
                    if other and other[0] is not thing:
                        raise UserError(f"{file}: declares the {self.what} '{thing.name}', as {other[2]} does; rename one.")
                    by_name[thing.name] = (thing, module, file)
        ordered = sorted(by_name.items(), key=lambda item: (getattr(item[1][0], "order", 100), item[0]))
        return dict(ordered)

    def _places(self) -> list[Path]:
        """The package's own folder, then the user's."""
        _join_packages()
        parts = self.package.split(".")[1:]
        places = [folder.joinpath(*parts) for folder in (Path(sublearn.__file__).parent, *extension_folders())]
        return [place for place in places if place.is_dir()]

    def _declared(self, module: str, file: Path) -> list[Thing]:
        known = sys.modules.get(module)
        if known is not None and Path(known.__file__ or "").resolve() != file.resolve():
            raise UserError(f"{file}: a module of this name is there already, {known.__file__}; rename one.")
        try:
            loaded = importlib.import_module(module)
        except UserError:
            raise
        except Exception as error:
            problem = " ".join(f"{type(error).__name__}: {error}".split())
            raise UserError(f"{file}: cannot be imported ({problem}); mend it or remove it.") from error
        if Path(loaded.__file__ or "").resolve() != file.resolve():
            raise UserError(f"{file}: a module of this name is there already, {loaded.__file__}; rename one.")
        return [thing for name in _assigned(file) if isinstance(thing := getattr(loaded, name, None), self.kind)]

    def __iter__(self) -> Iterator[Thing]:
        return iter([thing for thing, _, _ in self._found.values()])

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def names(self) -> list[str]:
        return list(self._found)

    def get(self, name: str) -> Thing:
        """The object of that name.

        Raises:
            UnknownNameError: no object has that name.
        """
        if name not in self._found:
            raise UnknownNameError(unknown(name, self._found, self.what))
        code_identity.uses(self.module(name))
        return self._found[name][0]

    def module(self, name: str) -> str:
        """The module that declares the object, such as ``sublearn.traits.preference``."""
        return self._found[name][1]


@dataclass(frozen=True)
class NameIn(Named):
    """Requires a text in a study to name a registered object: ``Annotated[str, NameIn(FIGURES)]``."""

    registry: Registry[Any]

    def names(self) -> list[str]:
        return self.registry.names()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "enum": self.registry.names()}

    def _known(self, name: str) -> str:
        if name not in self.registry:
            raise ValueError(unknown(name, self.registry.names(), self.registry.what))
        return name


def _assigned(file: Path) -> list[str]:
    """The names that a module assigns itself; objects that it only imports are not its own."""
    targets: list[ast.expr] = []
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        targets += node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
