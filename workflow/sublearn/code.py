"""Which files of the package a step depends on: its module and, by walking its imports, all that it uses."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def modules_of(*modules: str, root: Path = Path("workflow")) -> list[str]:
    """Files under ``root`` that running the modules reads, sorted; imports inside functions count too."""
    return [str(root / file) for file in sorted(frozenset().union(*map(_reach, modules)))]


@cache
def _reach(module: str) -> frozenset[str]:
    todo, found = [module], set()
    while todo:
        name = todo.pop()
        path = _file(name)
        if path is None or path in found:
            continue
        found.add(path)
        todo += _imports(path)
    return frozenset(str(path.relative_to(PACKAGE.parent)) for path in found)


@cache
def _imports(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.split(".")[0] == PACKAGE.name)


def _file(name: str) -> Path | None:
    """The file of a module of the package; None for a package folder or a name that is not a module."""
    path = PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py")
    return path if path.is_file() else None
