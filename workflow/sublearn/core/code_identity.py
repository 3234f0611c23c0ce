"""What a step's code means: a hash that changes when, and only when, what the step does may change.

The hash is of syntax trees, not of bytes: comments, formatting, docstrings, the help of options, the descriptions of settings
and the words of errors and log lines are left out, so a mended sentence redoes nothing. It covers the step's module and, by
walking imports, every module of this package that it reaches; imports inside functions count too. Modules that a registry
finds (``core.registry``) are not imported by name, so whoever plans a job names those that it uses.
"""

import ast
import hashlib
import os
from functools import cache
from pathlib import Path

from sublearn import EXTENSIONS

PACKAGE = Path(__file__).parents[1]
# How outputs are recorded changes no output.
EXEMPT = {"sublearn.core.records", "sublearn.core.code_identity"}
WORDS = {"help", "description", "epilog", "metavar"}  # arguments that only people read
LOGGERS = {"debug", "info", "warning", "error"}

_used: set[str] = set()


def uses(module: str) -> None:
    """Note that this process uses a module which a registry found."""
    _used.add(module)


def used() -> list[str]:
    """The modules that this process uses beside what it imports by name."""
    return sorted(_used)


def code_of(*modules: str) -> str:
    """One hash of all that running the modules may do.

    A rule has it among its parameters, so that an edit redoes what depends on it. The files themselves as inputs would say the
    same of bytes, but Snakemake looks at each input of each job, and a step reads about thirty.
    """
    return _code_of(modules, os.environ.get(EXTENSIONS, ""))


@cache
def _code_of(modules: tuple[str, ...], extensions: str) -> str:
    """The same, once for all jobs of a kind: a plan has thousands, and few kinds."""
    reached = frozenset[str]().union(*map(_reach, modules))
    lines = [f"{module} {_meaning(file)}" for module in sorted(reached) if (file := file_of(module))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def modules_of(*modules: str) -> list[str]:
    """The modules of this package that running the modules reaches, themselves among them, sorted."""
    return sorted(frozenset[str]().union(*map(_reach, modules)))


def file_of(module: str) -> Path | None:
    """The file of a module of this package or of a user's extensions; None for a name that is no module."""
    parts = module.split(".")[1:]
    extensions = [Path(folder) for folder in os.environ.get(EXTENSIONS, "").split(os.pathsep) if folder]
    for root in (PACKAGE, *extensions):
        place = root.joinpath(*parts)
        for file in (place.with_suffix(".py") if parts else place / "__init__.py", place / "__init__.py"):
            if file.is_file():
                return file
    return None


def meaning(source: str) -> str:
    """A hash of what a module does, equal for two texts that differ in words for people and in layout alone."""
    tree = _WithoutWords().visit(ast.parse(source))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


class _WithoutWords(ast.NodeTransformer):
    """Takes out of a syntax tree what only people read."""

    def _without_docstring(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        body = getattr(node, "body", [])
        if (
            body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            del body[0]
        return node

    visit_Module = visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _without_docstring  # noqa: N815

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords = [word for word in node.keywords if word.arg not in WORDS]
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in LOGGERS and node.args and isinstance(node.args[0], ast.Constant):
            node.args[0] = ast.Constant("")
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return _Silent().visit(node)


class _Silent(ast.NodeTransformer):
    """Takes the words out of an error that is raised; what is computed for its message stays."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node


@cache
def _meaning(file: Path) -> str:
    return meaning(file.read_text(encoding="utf-8"))


@cache
def _reach(module: str) -> frozenset[str]:
    todo, found = [module], set[str]()
    while todo:
        name = todo.pop()
        file = file_of(name)
        if file is None or name in found or name in EXEMPT:
            continue
        found.add(name)
        todo += _imports(file)
        todo += [name.rpartition(".")[0]] if "." in name else []  # a package runs before its modules
    return frozenset(found)


@cache
def _imports(file: Path) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.split(".")[0] == PACKAGE.name)
