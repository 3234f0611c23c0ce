"""Hash a step's code, so that the hash changes only when the step's behaviour may change.

The hash is computed from syntax trees, not bytes. It leaves out comments, formatting, docstrings, help texts of options,
descriptions of settings, and the wording of errors and log lines, so correcting a sentence reruns nothing. It covers the step's
module and every module of this package that it imports, directly or indirectly; imports inside functions count too. Modules
that a registry finds (``core.registry``) are not imported by name, so the plan of a job lists the ones that the job uses.
"""

import ast
import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sublearn import EXTENSIONS

PACKAGE = Path(__file__).parents[1]
# These two only record how outputs were made; they change no output.
EXEMPT = {"sublearn.core.records", "sublearn.core.code_identity"}
WORDS = {"help", "description", "epilog", "metavar"}  # arguments that only people read
UNWRITTEN = {"kind", "type_comment", "type_ignores", "type_params", "ctx"}  # say nothing that the rest does not
LOGGERS = {"debug", "info", "warning", "error"}

_used: set[str] = set()


def uses(module: str) -> None:
    """Note that this process uses a module that a registry found."""
    _used.add(module)


def used() -> list[str]:
    """The modules that registries found and this process used, sorted."""
    return sorted(_used)


def running_step() -> str:
    """The module that runs as a command, such as ``sublearn.chain.students.train``; launchers pass it as ``argv[0]``."""
    spec = sys.modules["__main__"].__spec__
    return sys.argv[0] if sys.argv[0].startswith(f"{PACKAGE.name}.") else spec.name if spec else "unknown"


def running_code() -> str:
    """The hash of the code of the step that runs: what it left unfinished with other code it must not go on with."""
    return code_of(running_step())


def code_of(*modules: str) -> str:
    """One hash of the code that running these modules may execute.

    Each rule has this hash among its parameters, so an edit reruns the jobs that depend on it. Listing the source files as
    inputs would be slower: a step imports about thirty, and Snakemake checks every input of every job.
    """
    return _code_of(modules, os.environ.get(EXTENSIONS, ""))


@cache
def _code_of(modules: tuple[str, ...], extensions: str) -> str:
    """The same, once for all jobs of a kind: a plan has thousands, and few kinds."""
    lines = [f"{module} {_meaning(file)}" for module in modules_of(*modules) if (file := file_of(module))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def modules_of(*modules: str) -> list[str]:
    """These modules and all modules of this package that they import, directly or indirectly, sorted."""
    return sorted(frozenset[str]().union(*map(_reach, modules)))


def file_of(module: str) -> Path | None:
    """The file of a module of this package or of a user's extensions; None if there is no such module."""
    parts = module.split(".")[1:]
    extensions = [Path(folder) for folder in os.environ.get(EXTENSIONS, "").split(os.pathsep) if folder]
    for root in (PACKAGE, *extensions):
        place = root.joinpath(*parts)
        for file in (place.with_suffix(".py") if parts else place / "__init__.py", place / "__init__.py"):
            if file.is_file():
                return file
    return None


def meaning(source: str) -> str:
    """A hash of what a module does; two sources that differ only in prose or layout have the same hash."""
    tree = _WithoutWords().visit(ast.parse(source))
    return hashlib.sha256(_written(tree).encode()).hexdigest()


def _written(node: object) -> str:
    """A syntax tree as text, the same for all versions of Python: ``ast.dump`` changes with them, in what it leaves out."""
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: getattr(node, name, None) for name in node._fields if name not in UNWRITTEN}
    said = [f"{name}={_written(value)}" for name, value in fields.items() if value is not None and value != []]
    return f"{type(node).__name__}({','.join(said)})"


class _WithoutWords(ast.NodeTransformer):
    """Removes from a syntax tree what only people read."""

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
        if name in LOGGERS and node.args:
            node.args[0] = _Silent().visit(node.args[0])
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return _Silent().visit(node)


class _Silent(ast.NodeTransformer):
    """Empties the strings of a message; expressions in it stay."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node


@cache
def _meaning(file: Path) -> str:
    return meaning(file.read_text(encoding="utf-8"))


@cache
def _reach(module: str) -> frozenset[str]:
    todo, reached = [module], set[str]()
    while todo:
        name = todo.pop()
        file = file_of(name)
        if file is None or name in reached or name in EXEMPT:
            continue
        reached.add(name)
        todo += _imports(name, file)
        todo += [name.rpartition(".")[0]] if "." in name else []  # a package runs before its modules
    return frozenset(reached)


@cache
def _imports(module: str, file: Path) -> tuple[str, ...]:
    names: list[str] = []
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in _that_run(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            names += [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.split(".")[0] == PACKAGE.name)


def _that_run(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node outside ``if TYPE_CHECKING``: type-only imports run nothing, and a plan's type would reach every module."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            todo += node.orelse
        else:
            todo += ast.iter_child_nodes(node)
