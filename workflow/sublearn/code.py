"""Which files of the package a step depends on: its module and, by walking its imports, all that it uses."""

import ast
import hashlib
from functools import cache
from pathlib import Path

from sublearn.core.hashes import sha256

PACKAGE = Path(__file__).parent


def modules_of(*modules: str, root: Path = Path("workflow")) -> list[str]:
    """Files under ``root`` that running the modules reads, sorted; imports inside functions count too."""
    return [str(root / file) for file in sorted(frozenset().union(*map(_reach, modules)))]


def code_of(*modules: str) -> str:
    """One hash of all that running the modules reads.

    A rule has it among its parameters, so that an edit redoes what depends on it. The files themselves as inputs would say the
    same, but Snakemake looks at each input of each job, and a step reads about thirty.
    """
    lines = [f"{Path(file).as_posix()} {_hash(file)}" for file in modules_of(*modules, root=Path())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def _hash(file: str) -> str:
    return sha256(PACKAGE.parent / file)


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
